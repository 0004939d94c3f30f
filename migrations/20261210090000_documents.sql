-- +goose Up

-- Documents that somebody registered: the builders of an app. name is the ID that clients
-- send, a hash in lower case or any other text.
CREATE TABLE documents (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> '' AND octet_length(name) <= 256),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  text text NOT NULL,
  client text NOT NULL DEFAULT '',
  operations text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX documents_name ON documents (name);
CREATE INDEX documents_hash ON documents (hash);

-- It rises when a document is removed, and when one is pushed that a client has registered
-- before. Instances then forget what they have in memory, and
-- do not read from a replica that has a lower one.
CREATE TABLE document_generation (
  generation bigint NOT NULL
);
CREATE UNIQUE INDEX document_generation_single ON document_generation ((true));
INSERT INTO document_generation VALUES (1);

-- Documents that clients registered with their hash. They are removed, least recently used
-- first, when there is no room. owner is who registered one first: a client must not
-- replace the documents of others. bytes is what one counts as.
CREATE TABLE automatic_documents (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  text text NOT NULL,
  owner text NOT NULL,
  bytes bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX automatic_documents_owner ON automatic_documents (owner, used_at DESC, hash) INCLUDE (bytes);

-- Who used which document. latencies counts operations by how long they took, in buckets.
-- trusted: the document was registered when it ran.
CREATE TABLE document_uses (
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  client_name text NOT NULL,
  client_version text NOT NULL,
  operation text NOT NULL DEFAULT '',
  trusted boolean NOT NULL,
  uses bigint NOT NULL,
  cost bigint NOT NULL,
  latencies bigint[] NOT NULL,
  first_used_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (hash, client_name, client_version, trusted)
);
CREATE INDEX document_uses_last ON document_uses (last_used_at, trusted);

-- +goose Down
DROP TABLE document_uses, automatic_documents, document_generation, documents;
