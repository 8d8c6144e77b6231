package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// child is this program again in a process of its own: it is told a job, then one command at a time, each as a line, and
// answers each with one.
type child struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  *strings.Builder
}

func startChild(ctx context.Context, role string, job any) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{command: exec.CommandContext(ctx, self, role), stderr: new(strings.Builder)}
	c.command.Env = append(os.Environ(), childVariable+"="+role)
	c.command.Stderr = c.stderr
	if c.in, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	return c, c.say(job)
}

func (c *child) say(what any) error { return json.NewEncoder(c.in).Encode(what) }

// hear waits for an answer; a child that ends instead has said why.
func (c *child) hear(result any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		_ = c.in.Close()
		_ = c.command.Wait()
		return fmt.Errorf("%s ended: %v: %s", c.command.Args[1], c.command.ProcessState, strings.TrimSpace(c.stderr.String()))
	}
	return json.Unmarshal(line, result)
}

// end has the child leave, and waits for it.
func (c *child) end() {
	_ = c.in.Close()
	_ = c.command.Wait()
}

// childVariable names the part that this process plays; tests set it too, because their program has no commands.
const childVariable = "VITRO_REPORT_CHILD"

// parent is what a child hears and says.
type parent struct {
	in  *json.Decoder
	out *json.Encoder
}

func newParent() *parent {
	return &parent{json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)}
}

// command waits for the next; when the parent has gone, that is the end.
func (p *parent) command() string {
	var what string
	if p.in.Decode(&what) != nil {
		os.Exit(0)
	}
	return what
}

// playChild is the whole program where this process is a child; it does not return then.
func playChild() {
	play := map[string]func(*parent) error{"idle-server": idleServer, "idle-client": idleClient}[os.Getenv(childVariable)]
	if play == nil {
		return
	}
	if err := play(newParent()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
