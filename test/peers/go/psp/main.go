// psp runs a program as in a guest of SEV-SNP: what it asks of /dev/sev-guest is answered from the emulated processor's socket.
//
//	psp SOCKET MINUTES PROGRAM [ARGUMENT…]
//
// It needs root: the device's name is made in a mount namespace of the program's own.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

const device = "/dev/sev-guest"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--inside" {
		fail(startInside(os.Args[2:]))
	}
	if len(os.Args) < 4 {
		fail(fmt.Errorf("psp SOCKET MINUTES PROGRAM [ARGUMENT…]"))
	}
	minutes, err := strconv.Atoi(os.Args[2])
	if err != nil || minutes < 1 || minutes > 60 {
		fail(fmt.Errorf("MINUTES is a number from 1 to 60"))
	}
	code, err := supervise(os.Args[1], time.Duration(minutes)*time.Minute, os.Args[3:])
	if err != nil {
		fail(err)
	}
	os.Exit(code)
}

func supervise(psp string, limit time.Duration, program []string) (int, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	child := exec.Command("/proc/self/exe", append([]string{"--inside"}, program...)...)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{os.NewFile(uintptr(pair[1]), "pair")}
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		return 0, fmt.Errorf("a mount namespace needs root: %w", err)
	}
	syscall.Close(pair[1])
	listener, err := receiveDescriptor(pair[0])
	if err != nil {
		child.Wait()
		return 0, err
	}
	go answerAll(listener, psp)
	timer := time.AfterFunc(limit, func() { child.Process.Kill() })
	defer timer.Stop()
	err = child.Wait()
	if ended, isExit := err.(*exec.ExitError); isExit {
		return ended.ExitCode() & 0xff, nil
	}
	return 0, err
}

// startInside makes the device's name, installs the filter, hands its descriptor to the supervisor and becomes the program.
func startInside(program []string) error {
	if err := makeDevice(); err != nil {
		return err
	}
	path, err := exec.LookPath(program[0])
	if err != nil {
		return err
	}
	listener, err := installFilter()
	if err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	if err := syscall.Sendmsg(3, []byte{0}, syscall.UnixRights(listener), nil, 0); err != nil {
		return err
	}
	syscall.CloseOnExec(3)
	syscall.CloseOnExec(listener)
	return syscall.Exec(path, program, os.Environ())
}

// makeDevice puts a name for the device over an empty /dev whose other names lead to the machine's own.
func makeDevice() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if _, err := os.Stat(device); err == nil {
		return fmt.Errorf("%s is there: this is a guest, or its name is taken", device)
	}
	names := []string{"null", "zero", "urandom", "random"}
	own, err := os.MkdirTemp("", "psp-dev-")
	if err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", own, "tmpfs", 0, "size=64k"); err != nil {
		return err
	}
	for _, name := range append(names, "sev-guest") {
		if err := os.WriteFile(own+"/"+name, nil, 0o666); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := syscall.Mount("/dev/"+name, own+"/"+name, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := syscall.Mount(own, "/dev", "", syscall.MS_MOVE, ""); err != nil {
		return err
	}
	return os.Remove(own)
}

func receiveDescriptor(socket int) (int, error) {
	message, rights := make([]byte, 1), make([]byte, syscall.CmsgSpace(4))
	count, size, _, _, err := syscall.Recvmsg(socket, message, rights, 0)
	if err != nil || count == 0 {
		return 0, fmt.Errorf("the program did not start")
	}
	control, err := syscall.ParseSocketControlMessage(rights[:size])
	if err != nil || len(control) != 1 {
		return 0, fmt.Errorf("no descriptor came: %v", err)
	}
	descriptors, err := syscall.ParseUnixRights(&control[0])
	if err != nil {
		return 0, err
	}
	return descriptors[0], nil
}

func fail(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "psp:", err)
	os.Exit(2)
}
