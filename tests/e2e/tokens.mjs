// A token server for client credentials: `node tokens.mjs PORT CLIENT SECRET`. Tokens live for twenty seconds.
// `/introspect` below says for others whether a token counts, as RFC 7662 has it.
import Provider from "oidc-provider";

const [port, client, secret] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: client,
    client_secret: secret,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    scope: "system/*.cruds",
  }],
  scopes: ["system/*.cruds"],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: false },
  },
  ttl: { ClientCredentials: 20 },
});
provider.listen(Number(port), "127.0.0.1");
