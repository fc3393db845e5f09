// Package session asks a guest's enforcer: a session a line on standard input (a fresh guest, asked in order), its answers as a
// JSON array a line on standard output.
package session

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"sync"
)

// IDName is a user or group.
type IDName struct{ ID, Name string }

// Request has the arguments of every question, as the project's evaluator names them.
type Request struct {
	Target, DeviceHash, ContainerID, SandboxID, WorkingDir, Umask, SeccompProfileSha256, Filesystem string
	Issuer, Feed, Text, Subject                                                                     string
	LayerPaths, Command, Environment, Devices                                                       []string
	Encrypted, EnsureFilesystem, Privileged, NoNewPrivileges, IsInitProcess, IsSandboxContainer     bool
	Signal                                                                                          int
	Svn                                                                                             int64
	HeaderSvn                                                                                       *int64
	Receipts                                                                                        []struct{ Ledger, KeyID string }
	Ledgers                                                                                         map[string][]string
	User                                                                                            IDName
	Groups                                                                                          []IDName
	Mounts, Capabilities                                                                            json.RawMessage
}

// Answer is what a guest says: what it keeps, or why it denies.
type Answer struct {
	Allowed      bool                `json:"allowed"`
	Reasons      []string            `json:"reasons,omitempty"`
	Environment  []string            `json:"environment,omitempty"`
	Stdio        bool                `json:"stdio,omitempty"`
	Capabilities map[string][]string `json:"capabilities,omitempty"`
}

// Ask puts a question to the guest.
type Ask func(method string, given Request) Answer

type asked struct {
	Policy string `json:"policy"`
	Calls  []struct {
		Method string            `json:"method"`
		Args   []json.RawMessage `json:"args"`
	} `json:"calls"`
}

// Serve answers every session of standard input. newGuest gives an error where the guest refuses the policy as a whole.
func Serve(newGuest func(policy string) (Ask, error)) {
	var sessions []asked
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var one asked
		if err := json.Unmarshal(line, &one); err != nil {
			panic(err)
		}
		sessions = append(sessions, one)
	}
	texts := make([]string, len(sessions))
	var workers sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for index := range next {
				texts[index] = answers(newGuest, sessions[index])
			}
		}()
	}
	for index := range sessions {
		next <- index
	}
	close(next)
	workers.Wait()
	for _, text := range texts {
		fmt.Println(text)
	}
}

func answers(newGuest func(policy string) (Ask, error), one asked) string {
	all := make([]Answer, len(one.Calls))
	ask, err := newGuest(one.Policy)
	for index, call := range one.Calls {
		if err != nil {
			all[index] = Answer{Reasons: []string{err.Error()}}
			continue
		}
		var given Request
		for _, argument := range call.Args {
			var text string
			if json.Unmarshal(argument, &text) == nil {
				given.Target, given.ContainerID = text, text
			} else if err := json.Unmarshal(argument, &given); err != nil {
				panic(err)
			}
		}
		all[index] = ask(call.Method, given)
		sort.Strings(all[index].Environment)
		for _, set := range all[index].Capabilities {
			sort.Strings(set)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Reasons of a denial, from the decision that the guest writes into its error.
func Reasons(decision string, failure error) []string {
	var denied struct {
		Reason      json.RawMessage `json:"reason"`
		PolicyError string          `json:"policyError"`
	}
	if json.Unmarshal([]byte(decision), &denied) != nil {
		return []string{failure.Error()}
	}
	if denied.PolicyError != "" {
		return []string{denied.PolicyError}
	}
	var framework struct{ Errors []string }
	if json.Unmarshal(denied.Reason, &framework) == nil {
		sort.Strings(framework.Errors)
		return framework.Errors
	}
	var text string
	if json.Unmarshal(denied.Reason, &text) == nil {
		return []string{text}
	}
	return []string{string(denied.Reason)}
}
