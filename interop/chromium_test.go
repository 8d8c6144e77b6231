package interop

import (
	"context"
	"crypto/sha256"
	std "crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// Chromium, whose TLS is BoringSSL, loads pages from package https, and tells what it agreed on.

// chromiumProgram is Chromium, or Chrome, without a window.
type chromiumProgram struct{}

func (chromiumProgram) name() string { return "Chromium" }

var chromiumPath = once(func() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
})

var chromiumVersion = once(func() (string, error) {
	path, err := chromiumPath()
	if err != nil {
		return "", err
	}
	out, err := ask(path, "--version")
	// Wrappers of distributions may have something to say first.
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.TrimSpace(lines[len(lines)-1]), err
})

func (chromiumProgram) find() (string, error) { return chromiumVersion() }

func TestChromiumLoadsPage(t *testing.T) {
	for _, c := range []struct {
		name     string
		version  spoken
		groups   []tls.CurveID
		cookies  tls.RetryCookies
		http     string // by ALPN
		protocol string // as Chromium names it
		group    wire.NamedGroup
		told     string
	}{
		{"HTTP 2", v13, nil, tls.NoRetryCookies, "h2", "TLS 1.3", wire.X25519MLKEM768, "X25519MLKEM768"},
		{"HTTP 1.1", v13, nil, tls.NoRetryCookies, "http/1.1", "TLS 1.3", wire.X25519MLKEM768, "X25519MLKEM768"},
		{"after a retry", v13, []tls.CurveID{std.CurveP384}, tls.NoRetryCookies, "h2", "TLS 1.3", wire.SecP384r1, "P-384"},
		{"after a retry with a cookie", v13, []tls.CurveID{std.CurveP384}, tls.CookiesOnRetry, "h2", "TLS 1.3", wire.SecP384r1, "P-384"},
		{"after a retry for a cookie alone", v13, nil, tls.CookiesAlways, "h2", "TLS 1.3", wire.X25519MLKEM768, "X25519MLKEM768"},
		{"TLS 1.2", v12, nil, tls.CookiesAlways, "h2", "TLS 1.2", wire.X25519, "X25519"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.version.feature(t, chromiumProgram{}, fault.Server, func(t *testing.T) {
				config := c.version.serverConfig(t, testkit.P256)
				config.CurvePreferences, config.RetryCookies, config.NextProtos = c.groups, c.cookies, []string{c.http}
				page := serveSite(t, config)
				response := browse(t, page.url)
				got := response.SecurityDetails
				if response.Protocol != c.http {
					t.Errorf("Chromium tells of %s, want %s", response.Protocol, c.http)
				}
				if got.Protocol != c.protocol || got.KeyExchangeGroup != c.told || got.Cipher != "AES_128_GCM" ||
					got.ServerSignatureAlgorithm != int64(wire.ECDSA_SECP256R1_SHA256) || got.SubjectName != testkit.Host {
					t.Errorf("Chromium tells of %s, group %s, %s, signature %#04x, subject %q; want %s, %s, AES_128_GCM, 0x0403, %s",
						got.Protocol, got.KeyExchangeGroup, got.Cipher, got.ServerSignatureAlgorithm, got.SubjectName,
						c.protocol, c.told, testkit.Host)
				}
				if ours := <-page.state; wire.Version(ours.Version) != c.version.Version || wire.NamedGroup(ours.CurveID) != c.group || ours.ServerName != testkit.Host {
					t.Errorf("our ConnectionState says %v for %q", stateOf(ours), ours.ServerName)
				}
			})
		})
	}
}

// site is a server of pages.
type site struct {
	url   string
	state chan tls.ConnectionState // of the connection that the page was asked for on
}

// upload is more than one flight each way.
const upload = 300_000

// serveSite has a page that posts upload bytes, gets them back, and says so.
func serveSite(t *testing.T, config *tls.Config) *site {
	t.Helper()
	listener := listen(t)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{"https://" + net.JoinHostPort(testkit.Host, port) + "/", make(chan tls.ConnectionState, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.state <- https.ConnOf(r).ConnectionState()
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>Vitro</title><body><script>
const sent = 'vitro'.repeat(%d);
fetch('/echo', {method: 'POST', body: sent}).then(r => r.text()).then(got => {
	const p = document.createElement('p');
	p.id = 'done';
	p.textContent = got === sent ? got.length + ' bytes came back' : 'other bytes came back';
	document.body.append(p);
});
</script>`, upload/5)
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading what the page posts: %v", err)
		}
		_, _ = w.Write(body) // the page tells
	})
	server := &https.Server{HTTP: &http.Server{Handler: mux}}
	go func() { _ = server.Serve(pageListener{listener, t, config}) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// pageListener is tls.NewListener with the connections of newServer.
type pageListener struct {
	net.Listener
	t      *testing.T
	config *tls.Config
}

func (l pageListener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newServer(l.t, raw, l.config), nil
}

// browse loads the page in a new Chromium, waits until its script is done, and returns what Chromium tells of the
// page's response and its connection.
func browse(t *testing.T, url string) *network.Response {
	t.Helper()
	path, err := chromiumPath()
	if err != nil {
		t.Fatal(err)
	}
	// Our root is trusted through the key of the one certificate. Nothing but loopback is resolved.
	spki := sha256.Sum256(testkit.Leaf(testkit.P256).Leaf.RawSubjectPublicKeyInfo)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WSURLReadTimeout(limit),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(spki[:])),
		chromedp.Flag("host-resolver-rules", "MAP "+testkit.Host+" 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Navigate(url))
	if err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	done, err := chromedp.Run(ctx, chromedp.Text("#done"))
	if err != nil {
		t.Fatalf("Chromium, waiting for the page's script: %v", err)
	}
	if want := fmt.Sprintf("%d bytes came back", upload); done != want {
		t.Errorf("the page says %q, want %q", done, want)
	}
	if response.SecurityDetails == nil {
		t.Fatal("Chromium tells nothing of the connection's security")
	}
	if err := chromedp.Cancel(ctx); err != nil {
		t.Errorf("closing Chromium: %v", err)
	}
	return response
}
