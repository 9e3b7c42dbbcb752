/** Applied in order; `PRAGMA user_version` counts those a file has. A released one is never changed, only followed. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;

  -- One row per component of the platform; written at its first observation.
  CREATE TABLE component (
    name         TEXT PRIMARY KEY,
    role         TEXT NOT NULL,
    verb         TEXT,
    previous     TEXT NOT NULL,
    intended     TEXT NOT NULL,
    observed     TEXT NOT NULL,
    action       TEXT,
    operation_id TEXT,
    changed_at   REAL NOT NULL,
    revision     INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- What was requested and taken, until its one outcome.
  CREATE TABLE operation (
    id          TEXT PRIMARY KEY,
    component   TEXT NOT NULL,
    action      TEXT NOT NULL,
    verb        TEXT NOT NULL,
    actor       TEXT NOT NULL,
    request_id  TEXT,
    state       TEXT NOT NULL,
    error_code  TEXT,
    message     TEXT,
    accepted_at REAL NOT NULL,
    finished_at REAL,
    -- CLOCK_BOOTTIME of this boot id: a step of the wall clock moves no deadline.
    boot_id     TEXT NOT NULL,
    deadline    REAL NOT NULL,
    timeout_ms  REAL NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX operation_open ON operation (state) WHERE state = 'open';

  CREATE TABLE state_change (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    component            TEXT NOT NULL,
    previous             TEXT NOT NULL,
    current              TEXT NOT NULL,
    cause                TEXT,
    reason               TEXT NOT NULL,
    operation_id         TEXT,
    actor                TEXT,
    request_id           TEXT,
    error_code           TEXT,
    message              TEXT,
    changed_at           REAL NOT NULL,
    previous_duration_ms REAL NOT NULL
  );
  CREATE INDEX state_change_component ON state_change (component, id);

  -- Idempotency: the answer an id got, for as long as it may be asked again.
  CREATE TABLE request (
    actor        TEXT NOT NULL,
    subject      TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    digest       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    status       TEXT NOT NULL,
    operation_id TEXT,
    error        BLOB,
    expires_at   REAL NOT NULL,
    PRIMARY KEY (actor, subject, request_id)
  ) WITHOUT ROWID;
  CREATE INDEX request_expiry ON request (expires_at);

  -- Events on their way to the stream. Rows outlive the stream's ack, because JetStream acks before it syncs.
  CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    data    BLOB NOT NULL
  );
  `,
  `
  -- W3C trace context of the request: what is sent again after a crash belongs to the same trace.
  ALTER TABLE operation ADD COLUMN traceparent TEXT;
  ALTER TABLE outbox ADD COLUMN traceparent TEXT;
  `,
];
