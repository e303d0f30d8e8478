package images_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/internal/artifact"
	"shopflow.dev/shopflow/internal/source"
)

// golden says how to read everything in a golden database, by a container of its image.
type golden struct {
	env    map[string]string
	volume func(*testing.T) map[string]string
	ready  string
	dump   []string
	// own are rows of the dump that each store writes by its clock when its database starts.
	own []string
}

// goldenDatabases are the images with golden data.
func goldenDatabases() map[string]golden {
	return map[string]golden{
		"medusa-database": {
			env: store("golden"), volume: volume, ready: databaseReady,
			dump: []string{
				"setpriv", "--reuid=10001", "--regid=10001", "--clear-groups",
				"pg_dump", "--restrict-key=golden", "--host=/run/postgresql", "--username=postgres", "medusa",
			},
		},
		"woocommerce-database": {
			env: shop("golden"), volume: shopVolume, ready: mariadbReady,
			dump: []string{
				"setpriv", "--reuid=10004", "--regid=10004", "--clear-groups",
				"mariadb-dump", "--skip-extended-insert", "--order-by-primary", "--skip-dump-date", "woocommerce",
			},
			own: []string{"'admin_email_lifespan'", "'woocommerce_admin_install_timestamp'"},
		},
	}
}

func (g golden) start(t *testing.T, img image) *container {
	t.Helper()
	c := img.start(t, g.env, g.volume(t))
	c.await(t, g.ready)
	return c
}

func (g golden) lines(t *testing.T, c *container) []string {
	t.Helper()
	dump, err := c.exec(t, g.dump...)
	if err != nil {
		t.Fatalf("dump: %v: %.2000s", err, dump)
	}
	return slices.DeleteFunc(strings.Split(dump, "\n"), func(line string) bool {
		return slices.ContainsFunc(g.own, func(option string) bool { return strings.Contains(line, option) })
	})
}

// epoch is when golden data was created, by its own account.
const epoch = "2026-01-01"

// now matches a time of about now: one that the build has written by the clock of its machine.
var now = regexp.MustCompile(`\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d`)

// TestGoldenDataIsFixed shows that ids and times of the golden data come from its content and order, not from chance and the clock,
// and that lists are in the order of the sample shop.
func TestGoldenDataIsFixed(t *testing.T) {
	for name, golden := range goldenDatabases() {
		t.Run(name, func(t *testing.T) {
			img := unpack(t, name)
			c := golden.start(t, img)
			for _, line := range golden.lines(t, c) {
				for _, time := range now.FindAllString(line, -1) {
					if !strings.HasPrefix(time, epoch[:len("2026-01")]) {
						t.Errorf("%s in %.300s", time, line)
					}
				}
			}
			if name != "medusa-database" {
				return
			}
			for statement, want := range map[string]string{
				`SELECT region.name FROM store JOIN region ON region.id = store.default_region_id`: "United States",
				`SELECT string_agg(name, ', ' ORDER BY id) FROM region`:                            "United States, Europe",
				`SELECT string_agg(handle, ' ' ORDER BY created_at) FROM product`:                  "stoneware-mug linen-apron oak-serving-board beeswax-candle wool-throw market-tote",
				`SELECT string_agg(sku, ' ' ORDER BY id) FROM product_variant`:                     "MUG-350 APRON-SM APRON-LXL BOARD-42 CANDLE-S CANDLE-L THROW-MOSS THROW-OAT TOTE-1",
				`SELECT string_agg(name, ' ' ORDER BY id) FROM shipping_option`:                    "Standard Express Standard Express",
				`SELECT string_agg(name, ' ' ORDER BY id) FROM product_category`:                   "Kitchen Home Carry",
				`SELECT provider_metadata->>'password' = 'hash-of-golden' FROM provider_identity`:  "t",
				`SELECT count(*) FROM workflow_execution`:                                          "0",
			} {
				if got := sql(t, c, statement); got != want {
					t.Errorf("%s: %q instead of %q", statement, got, want)
				}
			}
		})
	}
}

// TestGoldenDataIsTheSameInEachBuild builds the golden data once more, without what an earlier build has left, and compares it with the
// archives. It takes minutes, so `make golden-test` asks for it.
func TestGoldenDataIsTheSameInEachBuild(t *testing.T) {
	if os.Getenv("SHOPFLOW_REBUILD") == "" {
		t.Skip("builds images for minutes; run it with make golden-test")
	}
	t.Run("Medusa", func(t *testing.T) {
		again := rebuild(t, "medusa-database", nil)
		compareDatabases(t, "medusa-database", again)
	})
	t.Run("WooCommerce", func(t *testing.T) {
		build := rebuild(t, "woocommerce-build", nil)
		compareDatabases(t, "woocommerce-database", rebuild(t, "woocommerce-database", map[string]string{"woocommerce-build": build}))
		if diff := cmp.Diff(goldenUploads(t, archiveOf(t, "woocommerce-build")), goldenUploads(t, build)); diff != "" {
			t.Errorf("the pictures of two builds (-first +second):\n%s", diff)
		}
	})
}

func compareDatabases(t *testing.T, name, again string) {
	t.Helper()
	golden := goldenDatabases()[name]
	first := golden.lines(t, golden.start(t, unpack(t, name)))
	second := golden.lines(t, golden.start(t, unpackArchive(t, again)))
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("%s of two builds (-first +second):\n%.20000s", name, diff)
	}
}

// goldenUploads returns the digests of the sample shop's pictures, by their paths.
func goldenUploads(t *testing.T, archive string) map[string]string {
	t.Helper()
	digests := map[string]string{}
	root := os.DirFS(filepath.Join(unpackArchive(t, archive).root, "golden/uploads"))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		sum := sha256.Sum256(content)
		digests[path] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return digests
}

// rebuild builds an image without any cache and returns its archive. Its parents are the archives there are, but for those in fresh.
func rebuild(t *testing.T, name string, fresh map[string]string) string {
	t.Helper()
	var file struct {
		Images []struct {
			Name    string
			Parents []string
			Sources []string
		}
	}
	content, err := os.ReadFile("images.yaml")
	if err == nil {
		err = yaml.Unmarshal(content, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	archive, reference := filepath.Join(t.TempDir(), name+".tar"), "localhost/shopflow/"+name+":golden-test"
	cmd := exec.CommandContext(t.Context(), "./build.sh", name, archive, reference, "--no-cache")
	for _, image := range file.Images {
		if image.Name != name {
			continue
		}
		for _, parent := range image.Parents {
			from, ok := fresh[parent]
			if !ok {
				from = archiveOf(t, parent)
			}
			cmd.Args = append(cmd.Args, parent+"="+referenceOf(t, from)+"="+from)
		}
		cmd.Env = append(os.Environ(), sources(t, image.Sources)...)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v: ...%s", name, err, out[max(0, len(out)-3000):])
	}
	return archive
}

// referenceOf returns the name that an archive gives its image.
func referenceOf(t *testing.T, archive string) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "tar", "-xOf", archive, "manifest.json").Output()
	var manifest []struct{ RepoTags []string }
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil || len(manifest) != 1 || len(manifest[0].RepoTags) == 0 {
		t.Fatalf("the manifest of %s: %v: %s", archive, err, text)
	}
	return manifest[0].RepoTags[0]
}

// sources returns the variables that hand archives to a build, from where the build itself finds them. One with a fallback may be
// missing.
func sources(t *testing.T, names []string) []string {
	t.Helper()
	cache, err := artifact.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	finder := source.Finder{Cache: filepath.Join(cache, "sources"), Client: source.NewClient()}
	if folder := os.Getenv("SHOPFLOW_SOURCES"); folder != "" {
		finder.Folders = []string{folder}
	}
	all, err := source.Read("sources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var variables []string
	for _, one := range all {
		if !slices.Contains(names, one.Name) {
			continue
		}
		found, err := finder.Find(t.Context(), one)
		if err == nil {
			variables = append(variables, "SOURCE_"+strings.ToUpper(one.Name)+"="+found.Path)
		} else if one.Fallback == "" {
			t.Skipf("needs an archive: %v", err)
		}
	}
	return variables
}
