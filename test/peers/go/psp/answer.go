package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

const (
	reportBytes   = 1184
	notifyReceive = 0xc0502100
	notifySend    = 0xc0182101
)

// notification and response are struct seccomp_notif and seccomp_notif_resp of linux/seccomp.h.
type notification struct {
	id           uint64
	pid, flags   uint32
	number       int32
	architecture uint32
	pointer      uint64
	arguments    [6]uint64
}

type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// answerAll answers requests until the program under the filter has ended.
func answerAll(listener int, psp string) {
	for {
		var asked notification
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), notifyReceive, uintptr(unsafe.Pointer(&asked))); errno != 0 {
			if errno == syscall.EINTR {
				continue
			}
			return
		}
		answer := response{id: asked.id}
		if err := giveReport(int(asked.pid), asked.arguments[2], psp); err != nil {
			fmt.Fprintln(os.Stderr, "psp:", err)
			answer.errno = -int32(syscall.EIO)
		}
		syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), notifySend, uintptr(unsafe.Pointer(&answer)))
	}
}

// giveReport reads a request of the process (message version, addresses of request and answer) and writes the report there.
func giveReport(pid int, request uint64, psp string) error {
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	var head [32]byte
	if _, err := memory.ReadAt(head[:], int64(request)); err != nil {
		return err
	}
	if head[0] == 0 {
		return fmt.Errorf("message version 0")
	}
	var data [64]byte
	if _, err := memory.ReadAt(data[:], int64(binary.LittleEndian.Uint64(head[8:]))); err != nil {
		return err
	}
	report, err := fetchReport(psp, data[:])
	if err != nil {
		return err
	}
	// MSG_REPORT_RSP (AMD 56860): status 0, size, reserved up to byte 32, the report.
	whole := make([]byte, 32+reportBytes)
	binary.LittleEndian.PutUint32(whole[4:], reportBytes)
	copy(whole[32:], report)
	_, err = memory.WriteAt(whole, int64(binary.LittleEndian.Uint64(head[16:])))
	return err
}

func fetchReport(psp string, data []byte) ([]byte, error) {
	device, err := net.DialTimeout("unix", psp, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer device.Close()
	device.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := device.Write(data); err != nil {
		return nil, err
	}
	report, err := io.ReadAll(io.LimitReader(device, reportBytes+1))
	if err == nil && len(report) != reportBytes {
		err = fmt.Errorf("the emulated processor answered %d bytes", len(report))
	}
	return report, err
}
