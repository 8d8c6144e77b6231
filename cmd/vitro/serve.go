package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitro-tls/vitro/tls"
)

const serveHelp = `Serve a directory, or one text, over HTTPS (HTTP/2 and HTTP/1.1), and tell of every handshake on stderr.

The address is the first line on stdout. Without --cert, a local CA (see vitro ca) makes an ECDSA and an RSA
certificate in memory for localhost, 127.0.0.1, ::1 and what --host names; if there is no such CA yet, it is made.

The default policy, modern, allows ECDHE with AES-GCM or ChaCha20-Poly1305. --policy compatible adds the ciphers of older
and smaller clients (AES-CBC, AES-CCM), --policy legacy DHE and RSA key exchange too, of which RSA has no forward secrecy; the
environment variable VITRO_POLICY takes the place of the default.

SIGINT and SIGTERM stop it once the requests in flight are done, within 5 seconds; a second one stops it at once.`

const serveExamples = `  vitro serve .
  vitro serve --text hello --listen 127.0.0.1:0 --explain full
  vitro serve --host devbox.lan --listen :8443 ./public
  vitro serve --policy legacy --key-exchange rsa --explain bytes .
  vitro serve --cert ecdsa.pem --key ecdsa-key.pem --cert rsa.pem --key rsa-key.pem .`

// serveOptions are the flags of vitro serve.
type serveOptions struct {
	listen string
	text   string

	certs, keys []string
	caDir       string
	hosts       []string
	clients     clientAuth

	policy      string
	keyExchange string
	alpn        []string

	handshakeTimeout time.Duration

	explain string
	color   string
	json    bool
	keyLog  string

	notes []string // what there is to say once all is well
}

func newServe() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:     "serve DIR | --text STRING",
		Short:   "Serve files over HTTPS and explain every handshake",
		Long:    serveHelp,
		Example: serveExamples,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return serve(cmd, &o, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.listen, "listen", "127.0.0.1:8443", "`ADDR` to listen on; port 0 picks a free one")
	f.StringVar(&o.text, "text", "", "answer every request with this `STRING`")
	f.StringArrayVar(&o.certs, "cert", nil, "PEM `FILE` with a certificate and its chain; repeat it for another kind of key")
	f.StringArrayVar(&o.keys, "key", nil, "PEM `FILE` with the private key, one for each --cert; may be left out where --cert has it")
	f.StringVar(&o.caDir, "ca-dir", "", "`DIR` of the local CA (default: vitro, where programs keep their settings)")
	f.StringArrayVar(&o.hosts, "host", nil, "another `NAME` or address for the local CA's certificates")
	o.clients.register(f)
	f.StringVar(&o.policy, "policy", "", "which cipher suites are allowed: `modern|compatible|legacy` (default modern, or $VITRO_POLICY)")
	f.StringVar(&o.keyExchange, "key-exchange", "", "allow only cipher suites with this one: `rsa|dhe|ecdhe`; rsa and dhe are of policy legacy")
	f.StringSliceVar(&o.alpn, "alpn", httpProtocols, "`PROTOCOLS` to agree on, with commas between; only h2 and http/1.1 are spoken")
	f.DurationVar(&o.handshakeTimeout, "handshake-timeout", 10*time.Second, "close a connection whose handshake takes longer")
	f.StringVar(&o.explain, "explain", "brief", "how much is told of each handshake: `none|brief|full|bytes`")
	f.StringVar(&o.color, "color", colorAuto, "`WHEN` to use colours: auto, always or never")
	f.BoolVar(&o.json, "json", false, "events as lines of JSON on stderr, and nothing else there")
	f.StringVar(&o.keyLog, "keylog", "", "append the connections' secrets to `FILE`, for Wireshark (or $SSLKEYLOGFILE)")
	cmd.MarkFlagsMutuallyExclusive("explain", "json")
	cmd.MarkFlagsMutuallyExclusive("cert", "ca-dir")
	cmd.MarkFlagsMutuallyExclusive("cert", "host")
	return cmd
}

// serve runs the server until the command's context ends.
func serve(cmd *cobra.Command, o *serveOptions, args []string) error {
	stderr := &lockedWriter{w: cmd.ErrOrStderr()}
	say := func(format string, args ...any) { fmt.Fprintf(stderr, "vitro: "+format+"\n", args...) }
	if o.json {
		say = func(string, ...any) {}
	}
	if o.handshakeTimeout <= 0 {
		return fmt.Errorf("--handshake-timeout %v: it must be more than nothing", o.handshakeTimeout)
	}
	what, err := serveContent(o.text, cmd.Flags().Changed("text"), args)
	if err != nil {
		return err
	}
	defer what.close()
	page, err := o.page(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return fmt.Errorf("--listen %q: %w; it is an address with a port, such as 127.0.0.1:8443 or :0", o.listen, err)
	}
	if !cmd.Flags().Changed("alpn") {
		o.alpn = nil
	}
	config, err := o.config(say)
	if err != nil {
		return err
	}
	closeKeyLog, err := logKeys(config, o.keyLog, func(s string) { say("%s", s) })
	if err != nil {
		return err
	}
	err = o.run(cmd, config, o.watch(stderr, page), what, say)
	return cmp.Or(err, closeKeyLog())
}

// run listens, says where on stdout, and serves.
func (o *serveOptions) run(cmd *cobra.Command, config *tls.Config, watch *serveWatch, what *content, say sayFunc) error {
	listener, err := o.bind(config)
	if err != nil {
		return err
	}
	defer listener.Close()
	url := "https://" + net.JoinHostPort(o.urlHost(listener.Addr()), portOf(listener.Addr()))
	for _, note := range o.notes {
		say("%s", note)
	}
	say("serving %s; Ctrl-C stops", what.name)
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), url); err != nil {
		return &exitError{code: exitWrite, err: fmt.Errorf("stdout: %w", err)}
	}
	return serveUntil(cmd.Context(), o.server(config, watch, what.handler, say), listener, grace, say)
}

type sayFunc = func(format string, args ...any)

// bind listens, and checks the configuration before.
func (o *serveOptions) bind(config *tls.Config) (net.Listener, error) {
	if err := config.CheckServer(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.listen)
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		err = fmt.Errorf("%w: another program listens there; --listen 127.0.0.1:0 picks a free port", err)
	}
	return nil, &exitError{code: exitConnect, err: err}
}

// urlHost is the name by which this machine reaches the server: as it was given, or localhost where it listens on
// every address.
func (o *serveOptions) urlHost(bound net.Addr) string {
	if host := o.listenHost(); host != "" {
		if net.ParseIP(host) == nil {
			return host
		}
		return bound.(*net.TCPAddr).IP.String()
	}
	return "localhost"
}

// listenHost is the host in --listen, "" where that is every address.
func (o *serveOptions) listenHost() string {
	host, _, err := net.SplitHostPort(o.listen)
	if ip := net.ParseIP(host); err != nil || ip != nil && ip.IsUnspecified() {
		return ""
	}
	return host
}

func portOf(bound net.Addr) string {
	_, port, _ := net.SplitHostPort(bound.String())
	return port
}
