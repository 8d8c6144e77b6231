package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// memory is what this process has.
type memory struct {
	resident, heap, objects, stack float64
	sites                          map[string]site
}

// footprint tidies up first. Several collections: pools give up what they hold with the second, and a stack is halved
// by each.
func footprint(sites bool) (memory, error) {
	for range 5 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	resident, err := residentBytes()
	if err != nil {
		return memory{}, err
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := memory{resident, float64(stats.HeapInuse), float64(stats.HeapAlloc), float64(stats.StackInuse), nil}
	if sites {
		m.sites = inUse()
	}
	return m, nil
}

// since shares what is more than before among connections.
func (m memory) since(before memory, conns int) idle {
	each := func(after, before float64) float64 { return (after - before) / float64(conns) }
	got := idle{
		Conns:    conns,
		Resident: each(m.resident, before.resident),
		Heap:     each(m.heap, before.heap),
		Objects:  each(m.objects, before.objects),
		Stack:    each(m.stack, before.stack),
	}
	for where, s := range m.sites {
		earlier := before.sites[where]
		s := site{where, each(s.Bytes, earlier.Bytes), each(s.Objects, earlier.Objects)}
		if s.Bytes >= 8 {
			got.Sites = append(got.Sites, s)
		}
	}
	sort.Slice(got.Sites, func(i, j int) bool { return got.Sites[i].Bytes > got.Sites[j].Bytes })
	return got
}

// residentBytes is what of this process is in memory (Linux).
func residentBytes() (float64, error) {
	for _, f := range []struct{ file, field string }{{"/proc/self/smaps_rollup", "Rss:"}, {"/proc/self/status", "VmRSS:"}} {
		text, err := os.ReadFile(f.file)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(text) {
			fields := strings.Fields(string(line))
			if len(fields) >= 2 && fields[0] == f.field {
				kilobytes, err := strconv.ParseFloat(fields[1], 64)
				return kilobytes * 1024, err
			}
		}
	}
	return 0, fmt.Errorf("this system does not say how much memory a process has resident: it has no /proc/self/status")
}

// inUse is what each place has allocated that is still in use.
func inUse() map[string]site {
	records := make([]runtime.MemProfileRecord, 1000)
	for {
		n, ok := runtime.MemProfile(records, false)
		if ok {
			records = records[:n]
			break
		}
		records = make([]runtime.MemProfileRecord, n+1000)
	}
	sites := map[string]site{}
	for _, r := range records {
		where := allocator(r.Stack())
		s := sites[where]
		s.Bytes += float64(r.InUseBytes())
		s.Objects += float64(r.InUseObjects())
		sites[where] = s
	}
	return sites
}

// allocator names the line that an allocation was made by, and where that is a library's, also the line of ours that
// called it.
func allocator(stack []uintptr) string {
	frames := runtime.CallersFrames(stack)
	first := ""
	for {
		frame, more := frames.Next()
		switch ours := strings.HasPrefix(frame.Function, module); {
		case strings.HasPrefix(frame.Function, "runtime."), strings.HasPrefix(frame.Function, "internal/runtime"):
		case ours && first == "":
			return place(frame)
		case ours:
			return place(frame) + " (" + first + ")"
		case first == "":
			first = place(frame)
		}
		if !more {
			break
		}
	}
	if first == "" {
		return "a goroutine, by the runtime"
	}
	return first
}

const module = "github.com/vitro-tls/vitro/"

// place is a line in a file, by the path of its package.
func place(f runtime.Frame) string {
	folder, name := path.Split(f.Function)
	name, _, _ = strings.Cut(name, ".")
	return strings.TrimPrefix(folder+name, module) + "/" + path.Base(f.File) + ":" + strconv.Itoa(f.Line)
}

// openFiles raises this process's limit to what it may be, and returns it. Children inherit it.
func openFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 1024
	}
	if limit.Cur < limit.Max {
		raised := syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			limit.Cur = limit.Max
		}
	}
	return int(min(limit.Cur, 1<<20))
}
