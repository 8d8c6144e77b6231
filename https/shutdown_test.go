package https_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/https"
)

// Shutdown lets requests end, in both protocols; what has asked nothing, or has not shaken hands, it does not wait for.
func TestShutdownDrains(t *testing.T) {
	for _, proto := range protocols {
		t.Run(proto, func(t *testing.T) {
			began, release := make(chan struct{}), make(chan struct{})
			s := serve(t, &https.Server{HandshakeTimeout: time.Hour, HTTP: &http.Server{
				Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					fmt.Fprint(w, "begun, ")
					_ = http.NewResponseController(w).Flush()
					close(began)
					<-release
					fmt.Fprint(w, "ended")
				}),
			}})
			called := make(chan struct{})
			s.RegisterOnShutdown(func() { close(called) })
			silent, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			fresh := dialStd(t, s.addr, "http/1.1")
			fresh2 := dialStd(t, s.addr, "h2")
			resp, err := stdClient(t, proto).Get(s.url)
			if err != nil {
				t.Fatal(err)
			}
			<-began
			down := make(chan error, 1)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			go func() { down <- s.Shutdown(ctx) }()
			<-called
			refused(t, s.addr)
			if err := <-s.served; !isClosed(err) {
				t.Errorf("Serve returned %v", err)
			}
			for _, conn := range []net.Conn{fresh, fresh2} {
				if b, err := io.ReadAll(conn); err != nil || len(b) > 0 {
					t.Errorf("a connection without a request: %q, %v; want close_notify", b, err)
				}
			}
			close(release)
			if body := bodyOf(t, resp); body != "begun, ended" {
				t.Errorf("the request under way got %q", body)
			}
			if err := <-down; err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			if err := s.Serve(listen(t)); !isClosed(err) {
				t.Errorf("Serve after Shutdown: %v", err)
			}
		})
	}
}

// Shutdown gives up with its context, and Close cuts what is under way.
func TestShutdownIsBounded(t *testing.T) {
	for _, proto := range protocols {
		s := serve(t, &https.Server{HTTP: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})}})
		resp, err := stdClient(t, proto).Get(s.url)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Shutdown: %v", proto, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: Close: %v", proto, err)
		}
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: the response ended as if it were whole", proto)
		}
		resp.Body.Close()
	}
}
