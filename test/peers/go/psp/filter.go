package main

import (
	"runtime"
	"syscall"
	"unsafe"
)

// The one request of a guest's kernel that is answered here: SNP_GET_REPORT of include/uapi/linux/sev-guest.h.
const snpGetReport = 3223343872

// Numbers of linux/seccomp.h, linux/prctl.h and linux/filter.h.
const (
	sysSeccomp            = 317
	seccompSetModeFilter  = 1
	filterFlagNewListener = 1 << 3
	retAllow              = 0x7fff0000
	retUserNotif          = 0x7fc00000
	prSetNoNewPrivs       = 38
	loadWord, jumpEqual   = 0x20, 0x15
	returnConstant        = 0x06
	offsetNumber          = 0
	offsetSecondArgument  = 16 + 8
)

type instruction struct {
	code   uint16
	yes    uint8
	no     uint8
	number uint32
}

// installFilter makes this thread's requests to the device wait for whoever holds the returned descriptor.
func installFilter() (int, error) {
	runtime.LockOSThread()
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return 0, errno
	}
	filter := []instruction{
		{loadWord, 0, 0, offsetNumber},
		{jumpEqual, 0, 3, syscall.SYS_IOCTL},
		{loadWord, 0, 0, offsetSecondArgument},
		{jumpEqual, 0, 1, snpGetReport},
		{returnConstant, 0, 0, retUserNotif},
		{returnConstant, 0, 0, retAllow},
	}
	program := struct {
		length uint16
		filter *instruction
	}{uint16(len(filter)), &filter[0]}
	listener, _, errno := syscall.RawSyscall(sysSeccomp, seccompSetModeFilter, filterFlagNewListener, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return 0, errno
	}
	return int(listener), nil
}
