package bugletest

import (
	"io"
	"log"
	"log/slog"
	"math"
	"os"
	"strings"

	"bugle"
)

// enter makes a host the one that the task calls, prints and logs to, until it is left.
func enter(host *host) (leave func()) {
	outer, logger := bugle.UseHost(host), slog.Default()
	writer, flags, prefix := log.Writer(), log.Flags(), log.Prefix()
	slog.SetDefault(slog.New(bugle.LogHandler{}))
	host.streams = []*stream{
		replace(&os.Stdout, bugle.LevelInfo), replace(&os.Stderr, bugle.LevelError),
	}
	return func() {
		for _, stream := range host.streams {
			stream.end(host)
		}
		slog.SetDefault(logger)
		// A default of slog's takes over package log as well.
		log.SetOutput(writer)
		log.SetFlags(flags)
		log.SetPrefix(prefix)
		bugle.UseHost(outer)
	}
}

// stream is what stands in for os.Stdout or os.Stderr. It is a file, not a pipe: what was printed
// can be read at once, so that it stays before what is logged later. Of what was printed to both in
// between, os.Stdout comes first.
type stream struct {
	standard    **os.File
	outer, file *os.File
	level       bugle.Level
	// Up to where the file was read, and what of it has not come to the end of its line.
	read int64
	rest string
}

func replace(standard **os.File, level bugle.Level) *stream {
	file, err := os.CreateTemp("", "bugletest")
	if err != nil {
		panic("there is no file for what the task prints: " + err.Error())
	}
	s := &stream{standard: standard, outer: *standard, file: file, level: level}
	*standard = file
	return s
}

// drain logs the lines that were printed since it was last called.
func (s *stream) drain(host *host) {
	printed, err := io.ReadAll(io.NewSectionReader(s.file, s.read, math.MaxInt64-s.read))
	if err != nil {
		panic("what the task printed is lost: " + err.Error())
	}
	s.read += int64(len(printed))
	lines := strings.Split(s.rest+string(printed), "\n")
	last := len(lines) - 1
	for _, line := range lines[:last] {
		s.log(host, line)
	}
	s.rest = lines[last]
}

// log logs a line. One that is longer than a line of the log becomes several.
func (s *stream) log(host *host, line string) {
	line = strings.ToValidUTF8(line, "\uFFFD")
	for len(line) > logLineBytesMax {
		head := cut(line, logLineBytesMax)
		host.writeLine(s.level, head)
		line = line[len(head):]
	}
	host.writeLine(s.level, line)
}

// end puts back what was there, with what the task printed all in the log.
func (s *stream) end(host *host) {
	s.drain(host)
	if s.rest != "" {
		s.log(host, s.rest)
	}
	*s.standard = s.outer
	s.file.Close()
	os.Remove(s.file.Name())
}
