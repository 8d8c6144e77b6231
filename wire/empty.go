package wire

// HelloRequest asks the client to begin a new handshake. It is empty. RFC 5246 §7.4.1.1.
type HelloRequest struct{ kept }

func (*HelloRequest) Type() HandshakeType     { return TypeHelloRequest }
func (*HelloRequest) decode(*Reader, Context) {}
func (*HelloRequest) encode(*Writer, Context) {}

// ServerHelloDone says that the server has no more to say for now. It is empty. RFC 5246 §7.4.5.
type ServerHelloDone struct{ kept }

func (*ServerHelloDone) Type() HandshakeType     { return TypeServerHelloDone }
func (*ServerHelloDone) decode(*Reader, Context) {}
func (*ServerHelloDone) encode(*Writer, Context) {}

// EndOfEarlyData says that the client's 0-RTT data is over and its handshake keys come next. It is empty.
// RFC 8446 §4.5.
type EndOfEarlyData struct{ kept }

func (*EndOfEarlyData) Type() HandshakeType     { return TypeEndOfEarlyData }
func (*EndOfEarlyData) decode(*Reader, Context) {}
func (*EndOfEarlyData) encode(*Writer, Context) {}
