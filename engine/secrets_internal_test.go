package engine

import (
	"bytes"
	"reflect"
	"unsafe"

	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys13"
)

// HoldsMaster13 reports whether the memory around the exporter still has the secret from which all traffic secrets of the
// connection can be made again.
func (e *Engine) HoldsMaster13() bool {
	exporter := e.state.(hs.Ready).Exporter.(*keys13.Exporter)
	kind := reflect.TypeFor[keys13.Master]()
	field, _ := kind.FieldByName("exporter")
	master := reflect.NewAt(kind, unsafe.Add(unsafe.Pointer(exporter), -int(field.Offset))).Elem()
	value := master.FieldByName("secret").FieldByName("value")
	held := make([]byte, value.Len())
	for i := range held {
		held[i] = byte(value.Index(i).Uint())
	}
	return !bytes.Equal(held, make([]byte, len(held)))
}
