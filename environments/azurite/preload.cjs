// What Azurite is started with, by node's --require.

// It saves what it holds when it is interrupted; it is, when whoever started it lets go, whatever way that ends.
process.stdin.on("end", () => process.kill(process.pid, "SIGINT")).resume();

// It saves an MD5 that a client gave with a list of blocks, as Hadoop does, as a Buffer writes itself, and then does not
// start again: it reads only what a plain array of bytes writes ("Cannot restore loki DB persisted object").
delete Buffer.prototype.toJSON;
