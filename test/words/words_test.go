// Package words checks that the repository speaks plain American English: the terms that the field uses, and one word for one thing.
package words

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// rule is one entry of words.yaml.
type rule struct {
	Words   string   `json:"words"`
	Use     string   `json:"use"`
	Example string   `json:"example"`
	Allow   []string `json:"allow,omitempty"`
	Files   string   `json:"files,omitempty"`
}

// matcher is a rule with its expressions compiled.
type matcher struct {
	rule

	words, files *regexp.Regexp
	allow        []*regexp.Regexp
}

// skipped matches the files that are not ours to word: generated code, locks, licenses, pictures and migrations that have been applied, and
// those that list the words to avoid.
const skipped = `(\.gen\.(go|ts)|zz_generated.*|\.sum|package-lock\.json|\.jpg|\.png|(^|/)LICENSE|^test/words/.*|^GLOSSARY\.md|^internal/database/migrations/.*)$`

func rules(t *testing.T) []matcher {
	t.Helper()
	content, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var read []rule
	if err := yaml.UnmarshalStrict(content, &read); err != nil {
		t.Fatal(err)
	}
	matchers := make([]matcher, 0, len(read))
	for _, one := range read {
		made := matcher{rule: one, words: regexp.MustCompile("(?i)" + one.Words), files: regexp.MustCompile(one.Files)}
		for _, allowed := range one.Allow {
			made.allow = append(made.allow, regexp.MustCompile(allowed))
		}
		matchers = append(matchers, made)
	}
	return matchers
}

// find returns the first match in a line. The line is searched as it is and with the words of its identifiers apart.
func (m matcher) find(line string) string {
	for _, text := range []string{line, spaced(line)} {
		for _, found := range m.words.FindAllString(text, -1) {
			if !m.allows(found) {
				return found
			}
		}
	}
	return ""
}

func (m matcher) allows(found string) bool {
	for _, allowed := range m.allow {
		if allowed.MatchString(found) {
			return true
		}
	}
	return false
}

// spaced separates the words of identifiers: "newSalesroom" becomes "new Salesroom", "put_back" becomes "put back".
func spaced(line string) string {
	var text strings.Builder
	var before rune
	for _, letter := range line {
		switch {
		case letter == '_' || letter == '-':
			letter = ' '
		case unicode.IsUpper(letter) && (unicode.IsLower(before) || unicode.IsDigit(before)):
			text.WriteByte(' ')
		}
		text.WriteRune(letter)
		before = letter
	}
	return text.String()
}

// TestRulesCatchTheirExamples proves each rule by a text that it must catch.
func TestRulesCatchTheirExamples(t *testing.T) {
	for _, rule := range rules(t) {
		if rule.find(rule.Example) == "" {
			t.Errorf("the rule %q does not catch its example %q", rule.Words, rule.Example)
		}
	}
}

// TestPlainEnglish searches every tracked file, and the file names.
func TestPlainEnglish(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Skipf("this is not a git checkout, so there is no list of files to check: %v", err)
	}
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z")
	list.Dir = strings.TrimSpace(string(root))
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	matchers, skip := rules(t), regexp.MustCompile(skipped)
	suspect := union(matchers)
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		if skip.MatchString(name) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(list.Dir, name))
		if os.IsNotExist(err) {
			continue // It is deleted and not committed yet.
		}
		if err != nil {
			t.Fatal(err)
		}
		// Most files have nothing to find, and one expression over a whole file tells that soon.
		text := name + "\n" + string(content)
		if !utf8.ValidString(text) || !suspect.MatchString(text) && !suspect.MatchString(spaced(text)) {
			continue
		}
		for _, found := range check(matchers, name, text) {
			t.Error(found)
		}
	}
}

// union returns an expression that matches where any of the rules does.
func union(matchers []matcher) *regexp.Regexp {
	var words []string
	for _, matcher := range matchers {
		words = append(words, matcher.Words)
	}
	return regexp.MustCompile("(?i)" + strings.Join(words, "|"))
}

// check returns a sentence for each word in a file's name and content that should be another.
func check(matchers []matcher, name, text string) []string {
	var found []string
	for number, line := range strings.Split(text, "\n") {
		for _, matcher := range matchers {
			if !matcher.files.MatchString(name) {
				continue
			}
			if word := matcher.find(line); word != "" {
				found = append(found, fmt.Sprintf("%s:%d: %q; use: %s", name, number, word, matcher.Use))
			}
		}
	}
	return found
}
