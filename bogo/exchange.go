package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/vitro-tls/vitro/wire"
)

// exchange does with a connection what the flags want, and ends it.
func (l *link) exchange() error {
	if l.noOpHandshake {
		if err := l.again(); err != nil {
			return err
		}
	}
	if l.sendAlert {
		return l.abort(own(wire.AlertDecompressionFailure))
	}
	if err := l.sayFirst(); err != nil {
		return err
	}
	if !l.shimShutsDown {
		if err := l.echo(); !errors.Is(err, io.EOF) {
			return err
		}
	}
	if err := l.checkLate(); err != nil {
		return err
	}
	if !l.checkCloseNotify {
		return nil // as the runner has it: without the flag nobody says goodbye
	}
	if err := l.close(); err != nil {
		return err
	}
	if !l.shimShutsDown {
		return nil
	}
	data, err := l.read()
	if err == nil {
		return fmt.Errorf(":data_after_close: %d bytes of application data after our close_notify", len(data))
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// sayFirst writes what the flags want to hear before anything is read.
func (l *link) sayFirst() error {
	state := l.state()
	if l.exportLen > 0 {
		var context []byte
		if l.useExportContext {
			context = append([]byte{}, l.exportContext...)
		}
		exported, err := state.Export(l.exportLabel, context, int(l.exportLen))
		if err != nil {
			return err
		}
		if err := l.write(exported); err != nil {
			return err
		}
	}
	if l.exportTrafficSecrets {
		if err := l.write(l.trafficSecrets()); err != nil {
			return err
		}
	}
	if l.tlsUnique {
		// RFC 5929 §3.1: the first Finished, in a full handshake the client's.
		first := state.ClientFinished
		if state.Resumed {
			first = state.ServerFinished
		}
		if err := l.write(first); err != nil {
			return err
		}
	}
	if l.writeDifferentSizes {
		for _, n := range []int{1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769} {
			if err := l.write(bytes.Repeat([]byte{0x42}, n)); err != nil {
				return err
			}
		}
	}
	if l.readWithUnfinishedWrite {
		return l.begin([]byte(l.initialWrite))
	}
	if l.shimWritesFirst {
		for range l.repeatInitialWrite {
			if err := l.write([]byte(l.initialWrite)); err != nil {
				return err
			}
		}
	}
	return nil
}

// echo sends back each byte inverted, until the peer ends or the connection fails.
func (l *link) echo() error {
	size := 512
	if l.readSize > 0 {
		size = int(l.readSize)
	}
	for {
		if err := l.maybeUpdateKeys(l.keyUpdateBeforeRead); err != nil {
			return err
		}
		data, err := l.read()
		if err != nil {
			return err
		}
		data = bytes.Clone(data)
		if err := l.finish(); err != nil {
			return err
		}
		for i := range data {
			data[i] ^= 0xff
		}
		for len(data) > 0 {
			if err := l.maybeUpdateKeys(l.keyUpdate); err != nil {
				return err
			}
			n := min(size, len(data))
			if err := l.write(data[:n]); err != nil {
				return err
			}
			data = data[n:]
		}
	}
}

func (l *link) maybeUpdateKeys(wanted bool) error {
	if !wanted {
		return nil
	}
	return l.updateKeys()
}

// trafficSecrets is what the runner wants to hear of them: their length, the one that we read with, the other.
func (l *link) trafficSecrets() []byte {
	read, write := l.secrets["SERVER_TRAFFIC_SECRET_0"], l.secrets["CLIENT_TRAFFIC_SECRET_0"]
	if l.server {
		read, write = write, read
	}
	out := binary.LittleEndian.AppendUint16(nil, uint16(len(read)))
	return append(append(out, read...), write...)
}
