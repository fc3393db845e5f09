package session

import (
	"context"
	"encoding/json"
)

// Common is what guests of every api decide by the same words.
type Common interface {
	EnforceDeviceMountPolicy(ctx context.Context, target, hash string) error
	EnforceDeviceUnmountPolicy(ctx context.Context, target string) error
	EnforceOverlayMountPolicy(ctx context.Context, container string, layers []string, target string) error
	EnforceOverlayUnmountPolicy(ctx context.Context, target string) error
	EnforceShutdownContainerPolicy(ctx context.Context, container string) error
	EnforcePlan9MountPolicy(ctx context.Context, target string) error
	EnforcePlan9UnmountPolicy(ctx context.Context, target string) error
	EnforceGetPropertiesPolicy(ctx context.Context) error
	EnforceDumpStacksPolicy(ctx context.Context) error
	EnforceRuntimeLoggingPolicy(ctx context.Context) error
	EnforceScratchMountPolicy(ctx context.Context, target string, encrypted bool) error
	EnforceScratchUnmountPolicy(ctx context.Context, target string) error
}

// DecideCommon asks one of the questions that guests of every api have; any other method is a fault of ours.
func DecideCommon(ctx context.Context, guest Common, method string, given Request) error {
	switch method {
	case "mountDevice":
		return guest.EnforceDeviceMountPolicy(ctx, given.Target, given.DeviceHash)
	case "unmountDevice":
		return guest.EnforceDeviceUnmountPolicy(ctx, given.Target)
	case "mountOverlay":
		return guest.EnforceOverlayMountPolicy(ctx, given.ContainerID, given.LayerPaths, given.Target)
	case "unmountOverlay":
		return guest.EnforceOverlayUnmountPolicy(ctx, given.Target)
	case "shutdownContainer":
		return guest.EnforceShutdownContainerPolicy(ctx, given.ContainerID)
	case "plan9Mount":
		return guest.EnforcePlan9MountPolicy(ctx, given.Target)
	case "plan9Unmount":
		return guest.EnforcePlan9UnmountPolicy(ctx, given.Target)
	case "getProperties":
		return guest.EnforceGetPropertiesPolicy(ctx)
	case "dumpStacks":
		return guest.EnforceDumpStacksPolicy(ctx)
	case "runtimeLogging":
		return guest.EnforceRuntimeLoggingPolicy(ctx)
	case "scratchMount":
		return guest.EnforceScratchMountPolicy(ctx, given.Target, given.Encrypted)
	case "scratchUnmount":
		return guest.EnforceScratchUnmountPolicy(ctx, given.Target)
	}
	panic(method)
}

// Kept is the answer of a guest that starts a process. The sets are in the order bounding, effective, inheritable, permitted, ambient.
func Kept(environment []string, stdio bool, sets ...[]string) Answer {
	made := Answer{Allowed: true, Environment: append([]string{}, environment...), Stdio: stdio}
	if len(sets) == 0 {
		return made
	}
	made.Capabilities = map[string][]string{}
	for index, name := range []string{"bounding", "effective", "inheritable", "permitted", "ambient"} {
		made.Capabilities[name] = append([]string{}, sets[index]...)
	}
	return made
}

// Read fills `into` from JSON; from nothing, it stays as it is.
func Read(text json.RawMessage, into any) {
	if len(text) == 0 {
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		panic(err)
	}
}
