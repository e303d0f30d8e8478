package process

import (
	"io"
	"os"
	"strings"
)

// Tail returns the last lines of a log, for an error message. A log that cannot be read has none.
func Tail(path string, lines int) []string {
	file, err := os.Open(path) // #nosec G304 -- a log of the instance
	if err != nil {
		return nil
	}
	defer file.Close()
	const most = 16 << 10
	if info, err := file.Stat(); err == nil && info.Size() > most {
		if _, err := file.Seek(-most, io.SeekEnd); err != nil {
			return nil
		}
	}
	content, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return nil
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	return all[max(0, len(all)-lines):]
}
