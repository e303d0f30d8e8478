package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTerminalWriter(t *testing.T) {
	for name, test := range map[string]struct {
		pieces []string
		want   string
	}{
		"Colors":    {[]string{"\x1b[31mred\r\n"}, "�[31mred�\n"},
		"Cut":       {[]string{"a\xf0\x9f", "\x9b", "\x8d b"}, "a🛍 b"},
		"CutEscape": {[]string{"a\xc2", "\x9b31m"}, "a�31m"},
		"Broken":    {[]string{"a\xf0\x9f", "b"}, "a��b"},
		"NoEnd":     {[]string{"a\xe5\xba"}, "a��"},
		"NoStart":   {[]string{"\x97\x97\x97\x97b"}, "����b"},
		"Nothing":   {[]string{"", ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			writer := &terminalWriter{to: &got}
			for _, piece := range test.pieces {
				if n, err := writer.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Errorf("wrote %d of %d: %v", n, len(piece), err)
				}
			}
			if err := writer.Flush(); err != nil || got.String() != test.want {
				t.Errorf("got %q and %v, want %q", got.String(), err, test.want)
			}
		})
	}
}

func TestLogsInAFileAreAsTheyAre(t *testing.T) {
	const text = "\x1b[31mred\x1b[0m \xff\xfe\r\n"
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(text))
	}))
	defer served.Close()
	var out, errs bytes.Buffer
	code := Main(t.Context(), []string{"store", "logs", "demo", "--server", served.URL, "--token", "x"}, nil, &out, &errs)
	if code != 0 || out.String() != text {
		t.Errorf("got %d, %q and %q, want %q", code, out.String(), errs.String(), text)
	}
}
