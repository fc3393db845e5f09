//go:build linux && rego

// A guest's answers under a CCE policy, by hcsshim's own enforcer of api 0.12.
package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"syscall"

	"cleanroom.example/peers/session"
	"github.com/Microsoft/cosesign1go/pkg/cosesign1"
	"github.com/Microsoft/hcsshim/pkg/securitypolicy"
	oci "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/sirupsen/logrus"
)

func main() {
	logrus.SetOutput(io.Discard)
	session.Serve(newGuest)
}

func newGuest(policy string) (session.Ask, error) {
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	guest, err := securitypolicy.CreateSecurityPolicyEnforcer("rego", encoded,
		securitypolicy.DefaultCRIMounts(), securitypolicy.DefaultCRIPrivilegedMounts(), 0)
	if err != nil {
		return nil, err
	}
	// A receipt that the question brings was signed by the key that it names: that key only has to be one of the ledger's.
	guest.(interface {
		SetReceiptValidationFunction(func(cosesign1.ParsedCOSEReceipt, map[string]crypto.PublicKey) error)
	}).SetReceiptValidationFunction(func(receipt cosesign1.ParsedCOSEReceipt, keys map[string]crypto.PublicKey) error {
		if _, known := keys[receipt.Kid]; !known {
			return fmt.Errorf("no key %s", receipt.Kid)
		}
		return nil
	})
	return func(method string, given session.Request) session.Answer { return ask(guest, method, given) }, nil
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
		if err := securitypolicy.ExtendPolicyWithNetworkingMounts("/run/gcs/c/"+given.SandboxID, guest, &oci.Spec{}); err != nil {
			panic(err)
		}
		var mounts []oci.Mount
		session.Read(given.Mounts, &mounts)
		devices := []oci.LinuxDevice{}
		for _, path := range given.Devices {
			devices = append(devices, oci.LinuxDevice{Path: path, Type: "c"})
		}
		return process(guest.EnforceCreateContainerPolicyV2(ctx, given.ContainerID, given.Command, given.Environment,
			given.WorkingDir, mounts, user, &securitypolicy.CreateContainerOptions{
				SandboxID: given.SandboxID, Privileged: &given.Privileged, NoNewPrivileges: &given.NoNewPrivileges,
				Groups: groups, Umask: given.Umask, Capabilities: capabilities,
				SeccompProfileSHA256: given.SeccompProfileSha256, IsSandboxContainer: given.IsSandboxContainer,
				LinuxDevices: devices,
			}))
	case "execInContainer":
		return process(guest.EnforceExecInContainerPolicyV2(ctx, given.ContainerID, given.Command, given.Environment,
			given.WorkingDir, user, &securitypolicy.ExecOptions{
				Groups: groups, Umask: given.Umask, Capabilities: capabilities, NoNewPrivileges: &given.NoNewPrivileges,
			}))
	case "execExternal":
		kept, stdio, err := guest.EnforceExecExternalProcessPolicy(ctx, given.Command, given.Environment, given.WorkingDir)
		return process(kept, nil, stdio, err)
	}
	return decision(decide(ctx, guest, method, given))
}

func decide(ctx context.Context, guest securitypolicy.SecurityPolicyEnforcer, method string, given session.Request) error {
	switch method {
	case "mountWritableDevice":
		return guest.EnforceRWDeviceMountPolicy(ctx, given.Target, given.Encrypted, given.EnsureFilesystem, given.Filesystem)
	case "unmountWritableDevice":
		return guest.EnforceRWDeviceUnmountPolicy(ctx, given.Target)
	case "signal":
		return guest.EnforceSignalContainerProcessPolicyV2(ctx, given.ContainerID, &securitypolicy.SignalContainerOptions{
			LinuxSignal: syscall.Signal(given.Signal), IsInitProcess: given.IsInitProcess, LinuxStartupArgs: given.Command,
		})
	case "hostNetwork":
		return guest.EnforceHostNetworkPolicy(ctx)
	case "loadFragment":
		var receipts []cosesign1.ParsedCOSEReceipt
		for _, receipt := range given.Receipts {
			receipts = append(receipts, cosesign1.ParsedCOSEReceipt{Issuer: receipt.Ledger, Kid: receipt.KeyID})
		}
		return guest.LoadFragment(ctx, securitypolicy.LoadFragmentOptions{
			Issuer: given.Issuer, Feed: given.Feed, HeaderSVN: given.HeaderSvn, Rego: given.Text, Receipts: receipts,
		})
	case "loadTrustList":
		return guest.LoadTransparencyTrustList(ctx, securitypolicy.LoadTransparencyTrustListOptions{
			Issuer: given.Issuer, Subject: given.Subject, SVN: given.Svn, ParsedTTL: keysOf(given.Ledgers),
		})
	}
	return session.DecideCommon(ctx, guest, method, given)
}

// One key for each id: what it is made of does not matter, since signatures are not looked at.
func keysOf(ledgers map[string][]string) map[string]map[string]crypto.PublicKey {
	all := map[string]map[string]crypto.PublicKey{}
	for ledger, ids := range ledgers {
		all[ledger] = map[string]crypto.PublicKey{}
		for _, id := range ids {
			seed := sha256.Sum256([]byte(ledger + "\n" + id))
			all[ledger][id] = ed25519.NewKeyFromSeed(seed[:]).Public()
		}
	}
	return all
}

func process(kept securitypolicy.EnvList, capabilities *oci.LinuxCapabilities, stdio bool, err error) session.Answer {
	if err != nil {
		return decision(err)
	}
	if capabilities == nil {
		return session.Kept(kept, stdio)
	}
	return session.Kept(kept, stdio, capabilities.Bounding, capabilities.Effective, capabilities.Inheritable,
		capabilities.Permitted, capabilities.Ambient)
}

func decision(err error) session.Answer {
	if err == nil {
		return session.Answer{Allowed: true}
	}
	text, _ := securitypolicy.ExtractPolicyDecision(err.Error())
	return session.Answer{Reasons: session.Reasons(text, err)}
}
