package tls

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/vitro-tls/vitro/fault"
)

// Client makes a connection's client end of conn. The Config needs a ServerName or InsecureSkipVerify. The handshake
// runs with the first Read or Write, or when Handshake is called.
func Client(conn net.Conn, config *Config) *Conn { return newConn(conn, config, fault.Client) }

// Server makes a connection's server end of conn. The Config needs a certificate.
func Server(conn net.Conn, config *Config) *Conn { return newConn(conn, config, fault.Server) }

// Listen listens on a local address like net.Listen; what it accepts is wrapped by Server.
func Listen(network, laddr string, config *Config) (net.Listener, error) {
	if err := checkServer(config); err != nil {
		return nil, err
	}
	inner, err := net.Listen(network, laddr)
	if err != nil {
		return nil, err
	}
	return NewListener(inner, config), nil
}

// CheckServer says what is wrong with a server's Config before a client comes, nil if nothing. Listen calls it.
func (c *Config) CheckServer() error { return checkServer(c) }

func checkServer(config *Config) error {
	if config == nil || len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return fault.New(fault.BadConfig).With("neither Certificates, GetCertificate, nor GetConfigForClient set in Config")
	}
	_, err := config.compile()
	return err
}

// NewListener returns a listener whose connections are wrapped by Server. Their handshakes run with the first Read
// or Write, not in Accept.
func NewListener(inner net.Listener, config *Config) net.Listener { return &listener{inner, config} }

type listener struct {
	net.Listener
	config *Config
}

func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return Server(conn, l.config), nil
}

// Dial connects to a TLS server and shakes hands. Without a ServerName in config, addr's host is used.
func Dial(network, addr string, config *Config) (*Conn, error) {
	return dial(context.Background(), new(net.Dialer), network, addr, config)
}

// DialWithDialer is Dial with a net.Dialer, whose Timeout and Deadline include the handshake.
func DialWithDialer(dialer *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	return dial(context.Background(), dialer, network, addr, config)
}

// Dialer dials TLS connections. Its fields must not be changed while it is in use.
type Dialer struct {
	NetDialer *net.Dialer // nil: the zero net.Dialer
	Config    *Config     // nil: the zero Config
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, addr string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, addr)
}

// DialContext connects and shakes hands, until ctx ends. What it returns is a *Conn.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := d.NetDialer
	if dialer == nil {
		dialer = new(net.Dialer)
	}
	c, err := dial(ctx, dialer, network, addr, d.Config)
	if err != nil {
		return nil, err // not a nil *Conn in an interface
	}
	return c, nil
}

func dial(ctx context.Context, dialer *net.Dialer, network, addr string, config *Config) (*Conn, error) {
	if dialer.Timeout != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, dialer.Timeout)
		defer cancel()
	}
	if !dialer.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, dialer.Deadline)
		defer cancel()
	}
	if config == nil {
		config = new(Config)
	}
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		config = config.Clone()
		config.ServerName = host
	}
	inner, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := Client(inner, config)
	if err := c.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// checkClient: without a name there is nothing to verify a certificate against.
func checkClient(config *Config) error {
	if config.ServerName == "" && !config.InsecureSkipVerify {
		return fault.New(fault.BadConfig).With("either ServerName or InsecureSkipVerify must be specified in the tls.Config")
	}
	return nil
}

// errShutdown is Write's error after CloseWrite.
var errShutdown = errors.New("tls: protocol is shutdown")

// alertTimeout bounds the wait for a peer that does not take our last words.
const alertTimeout = 5 * time.Second
