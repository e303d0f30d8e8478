package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

// output is a format of results; it is a flag's value.
type output string

const (
	outputTable output = "table"
	outputJSON  output = "json"
	outputYAML  output = "yaml"
)

// String returns the format's name.
func (o *output) String() string { return string(*o) }

// Set accepts the name of a format.
func (o *output) Set(value string) error {
	switch output(value) {
	case outputTable, outputJSON, outputYAML:
		*o = output(value)
		return nil
	default:
		return fmt.Errorf("choose table, json or yaml")
	}
}

// Type names the flag's value in help texts.
func (o *output) Type() string { return "format" }

func (o *output) addTo(command *cobra.Command) {
	command.Flags().VarP(o, "output", "o", "format of the result: table, json or yaml")
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(
		[]string{string(outputTable), string(outputJSON), string(outputYAML)}, cobra.ShellCompDirectiveNoFileComp)) // The flag exists.
}

// printResult writes a result: as the API gave it, or as the text for people.
func printResult(out io.Writer, format output, value any, text func() string) error {
	var content []byte
	var err error
	switch format {
	case outputJSON:
		content, err = json.MarshalIndent(value, "", "  ")
		content = append(content, '\n')
	case outputYAML:
		content, err = yaml.Marshal(value)
	default:
		content = []byte(text())
	}
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	_, err = out.Write(content)
	return err
}

// table lists stores, one a line.
func table(stores []apiclient.Store) string {
	return columns(func(line func(cells ...string)) {
		line("NAME", "ENGINE", "PLAN", "STATE", "URL", "AGE")
		for i := range stores {
			store := &stores[i]
			line(store.Name, store.Engine, store.Plan, string(store.State), orDash(store.URL), age(time.Since(store.CreatedAt)))
		}
	})
}

// describe shows one store with all that a person may want to know.
func describe(store apiclient.Store) string {
	return columns(func(line func(cells ...string)) {
		field := func(name, value string) {
			if value != "" {
				line(name, value)
			}
		}
		field("Name", store.Name)
		field("Title", store.DisplayName)
		field("State", string(store.State))
		if store.Cause != nil {
			field("Cause", fmt.Sprintf("%s (%s)", store.Cause.Message, store.Cause.Reason))
			field("To do", fix(store))
			for _, link := range store.Cause.Chain {
				field("  "+link.Kind, strings.TrimSuffix(link.Name+": "+link.Message, ": "))
			}
		}
		field("Not changed", message(store, v1alpha1.ReasonChangeRefused))
		field("Changing", message(store, v1alpha1.ReasonChanging))
		field("Not sold", message(store, v1alpha1.ReasonCheckFailed))
		field("Not checked", message(store, v1alpha1.ReasonCannotCheck))
		field("Refreshing", message(store, v1alpha1.ReasonRefreshing))
		field("Not refreshed", message(store, v1alpha1.ReasonRefreshFailed))
		field("Outdated", message(store, v1alpha1.ReasonOutdated))
		field("Engine", strings.TrimSpace(store.Engine+" "+store.Version))
		field("Plan", store.Plan)
		field("URL", store.URL)
		field("Admin", store.AdminURL)
		field("Namespace", store.Namespace)
		describeTimes(store, line)
		describeReceipt(store, line)
	})
}

// describeCreated shows a store that was just created.
func describeCreated(store apiclient.Store) string {
	return columns(func(line func(cells ...string)) {
		line("Name", store.Name)
		line("State", string(store.State))
		if store.State == apiclient.StoreStateReady {
			line("URL", store.URL)
			line("Admin", store.AdminURL)
			line("Sign in", "shopflow store credentials "+store.Name)
		}
		describeReceipt(store, line)
	})
}

func describeReceipt(store apiclient.Store, line func(cells ...string)) {
	receipt := store.Receipt
	if receipt == nil {
		return
	}
	line("Receipt", fmt.Sprintf("order %s, sold in %d ms at %s", receipt.OrderNumber, receipt.Milliseconds, receipt.SoldAt.Format(time.RFC3339)))
	for _, step := range receipt.Steps {
		line("", fmt.Sprintf("%6d ms  %s", step.Milliseconds, step.Name))
	}
}

func describeTimes(store apiclient.Store, line func(cells ...string)) {
	heading := "Phases"
	for _, phase := range store.Timeline {
		text := fmt.Sprintf("%6.1f s   %s", phase.Seconds, phaseTitle(phase.Phase))
		if phase.EndedAt == nil {
			text += " (running)"
		}
		line(heading, text)
		heading = ""
	}
}

func describeCredentials(credentials apiclient.Credentials) string {
	return columns(func(line func(cells ...string)) {
		line("Admin", credentials.AdminURL)
		line("Email", credentials.Email)
		line("Password", credentials.Password)
		line("Store", credentials.URL)
		for _, key := range credentials.Keys {
			line(key.Title, key.Value)
		}
	})
}

// columns aligns lines of cells.
func columns(write func(line func(cells ...string))) string {
	var text strings.Builder
	aligned := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	write(func(cells ...string) {
		for i, cell := range cells {
			cells[i] = printable(cell)
		}
		fmt.Fprintln(aligned, strings.Join(cells, "\t"))
	})
	_ = aligned.Flush() // A strings.Builder takes everything.
	return text.String()
}

// printable replaces what could move the cursor, change colors or reverse the direction of a terminal's text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return ' '
		}
		return printableRune(r)
	}, text)
}

// printableRune returns the rune, or a mark in its place if it is a control or invisible formatting.
func printableRune(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '\ufffd'
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// age tells a duration in its largest unit.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
