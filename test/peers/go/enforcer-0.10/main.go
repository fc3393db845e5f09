//go:build linux && rego

// A guest's answers under a CCE policy, by hcsshim's own enforcer of api 0.10.
package main

import (
	"context"
	"encoding/base64"
	"io"
	"syscall"

	"cleanroom.example/peers/session"
	"github.com/Microsoft/hcsshim/pkg/securitypolicy"
	oci "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/sirupsen/logrus"
)

// The mounts of every container: hcsshim v0.14.1 keeps them in internal/guest/policy/default.go, which no module may import.
var strict = []string{"nosuid", "noexec", "nodev"}
var everyMount = []oci.Mount{
	{Destination: "/proc", Type: "proc", Source: "proc", Options: strict},
	{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
		Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: append([]string{"mode=1777", "size=65536k"}, strict...)},
	{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: strict},
	{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: append([]string{"ro"}, strict...)},
	{Destination: "/run", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: append([]string{"relatime", "ro"}, strict...)},
}
var privilegedMounts = []oci.Mount{
	{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: append([]string{"relatime", "rw"}, strict...)},
	{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: append([]string{"rw"}, strict...)},
}

func main() {
	logrus.SetOutput(io.Discard)
	session.Serve(newGuest)
}

func newGuest(policy string) (session.Ask, error) {
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	guest, err := securitypolicy.CreateSecurityPolicyEnforcer("rego", encoded, everyMount, privilegedMounts, 0)
	if err != nil {
		return nil, err
	}
	return func(method string, given session.Request) session.Answer { return ask(guest, method, given) }, nil
}

func networkFiles(sandbox string) []oci.Mount {
	mounts := []oci.Mount{}
	for _, name := range []string{"hostname", "hosts", "resolv.conf"} {
		source := "/run/gcs/c/" + sandbox + "/" + name
		mounts = append(mounts, oci.Mount{Destination: "/etc/" + name, Type: "bind", Source: source, Options: []string{"bind"}})
	}
	return mounts
}

func ask(guest securitypolicy.SecurityPolicyEnforcer, method string, given session.Request) session.Answer {
	ctx := context.Background()
	user, groups := securitypolicy.IDName(given.User), []securitypolicy.IDName{}
	for _, group := range given.Groups {
		groups = append(groups, securitypolicy.IDName(group))
	}
	capabilities := &oci.LinuxCapabilities{}
	session.Read(given.Capabilities, capabilities)
	switch method {
	case "createContainer":
		if err := guest.ExtendDefaultMounts(networkFiles(given.SandboxID)); err != nil {
			panic(err)
		}
		var mounts []oci.Mount
		session.Read(given.Mounts, &mounts)
		return process(guest.EnforceCreateContainerPolicy(ctx, given.SandboxID, given.ContainerID,
			given.Command, given.Environment, given.WorkingDir, mounts, given.Privileged, given.NoNewPrivileges,
			user, groups, given.Umask, capabilities, given.SeccompProfileSha256))
	case "execInContainer":
		return process(guest.EnforceExecInContainerPolicy(ctx, given.ContainerID, given.Command,
			given.Environment, given.WorkingDir, given.NoNewPrivileges, user, groups, given.Umask, capabilities))
	case "execExternal":
		kept, stdio, err := guest.EnforceExecExternalProcessPolicy(ctx, given.Command, given.Environment, given.WorkingDir)
		return process(kept, nil, stdio, err)
	}
	return session.Answer{Allowed: decide(ctx, guest, method, given) == nil}
}

func decide(ctx context.Context, guest securitypolicy.SecurityPolicyEnforcer, method string, given session.Request) error {
	switch method {
	case "signal":
		signal := syscall.Signal(given.Signal)
		return guest.EnforceSignalContainerProcessPolicy(ctx, given.ContainerID, signal, given.IsInitProcess, given.Command)
	case "loadFragment":
		return guest.LoadFragment(ctx, given.Issuer, given.Feed, given.Text)
	}
	return session.DecideCommon(ctx, guest, method, given)
}

func process(kept securitypolicy.EnvList, capabilities *oci.LinuxCapabilities, stdio bool, err error) session.Answer {
	if err != nil {
		return session.Answer{}
	}
	if capabilities == nil {
		return session.Kept(kept, stdio)
	}
	return session.Kept(kept, stdio, capabilities.Bounding, capabilities.Effective, capabilities.Inheritable,
		capabilities.Permitted, capabilities.Ambient)
}
