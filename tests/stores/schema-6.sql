-- A store of schema 6 whose host was killed: one push completed, one dead, one waiting, one that was
-- running, and one to be tried again. What was released never changes, so this never does either.
-- `{digest}` and `{component}` are those of the task, in hexadecimal.
PRAGMA application_id = 1112885068;
PRAGMA user_version = 6;
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1), incarnation INTEGER NOT NULL, clean INTEGER NOT NULL,
  stopped_at INTEGER, sqlite TEXT NOT NULL, generation INTEGER NOT NULL) STRICT;
CREATE TABLE apps (
  key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version TEXT NOT NULL,
  name TEXT NOT NULL, manifest TEXT NOT NULL, installed_at INTEGER NOT NULL) STRICT;
CREATE TABLE tasks (
  app INTEGER NOT NULL, name TEXT NOT NULL, component BLOB NOT NULL,
  PRIMARY KEY (app, name)) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_component ON tasks (component);
CREATE TABLE components (
  key INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
  bytes BLOB NOT NULL) STRICT;
CREATE TABLE channels (
  key INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, name TEXT NOT NULL,
  generation INTEGER NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  closed_at INTEGER, hash BLOB NOT NULL UNIQUE, UNIQUE (app, name)) STRICT;
CREATE TABLE triggers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, channel INTEGER, task TEXT NOT NULL,
  head TEXT NOT NULL, content BLOB, accepted_at INTEGER NOT NULL,
  attempts_max INTEGER NOT NULL) STRICT;
CREATE TABLE queue (
  id INTEGER PRIMARY KEY, app INTEGER NOT NULL, state INTEGER NOT NULL, ready_at INTEGER NOT NULL,
  expires_at INTEGER, bytes INTEGER NOT NULL, claims INTEGER NOT NULL, pardons INTEGER NOT NULL,
  crashes INTEGER NOT NULL, suspect INTEGER NOT NULL, claimed_by INTEGER, dead_reason TEXT,
  dead_message TEXT, dead_at INTEGER) STRICT;
CREATE INDEX queue_waiting ON queue (app, ready_at) WHERE state = 0;
CREATE INDEX queue_expiring ON queue (expires_at) WHERE state = 0 AND expires_at IS NOT NULL;
CREATE INDEX queue_dead ON queue (dead_at) WHERE state = 2;
CREATE TABLE setups (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, component BLOB NOT NULL,
  engine_hash TEXT NOT NULL, app_version TEXT NOT NULL, permissions TEXT NOT NULL,
  limits TEXT NOT NULL) STRICT;
CREATE INDEX setups_app ON setups (app);
CREATE INDEX setups_component ON setups (component);
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, app INTEGER NOT NULL, trigger INTEGER NOT NULL, claim INTEGER NOT NULL,
  attempt INTEGER NOT NULL, setup INTEGER NOT NULL, outcome TEXT NOT NULL,
  started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, seed BLOB NOT NULL,
  change_before INTEGER NOT NULL, badge TEXT, toasts_left INTEGER NOT NULL,
  report TEXT NOT NULL) STRICT;
CREATE INDEX runs_app ON runs (app, seq, setup, change_before);
CREATE UNIQUE INDEX runs_trigger ON runs (trigger, claim);
CREATE INDEX runs_failed ON runs (seq) WHERE outcome <> 'completed';
CREATE INDEX runs_failed_of ON runs (app, seq) WHERE outcome <> 'completed';
CREATE TABLE changes (app INTEGER PRIMARY KEY, change INTEGER NOT NULL) STRICT;
CREATE TABLE settings (
  app INTEGER NOT NULL, path TEXT NOT NULL, since INTEGER NOT NULL, value TEXT,
  PRIMARY KEY (app, path, since)) STRICT;
CREATE TABLE toasts (
  key INTEGER PRIMARY KEY, app INTEGER NOT NULL, trigger INTEGER NOT NULL, claim INTEGER NOT NULL,
  place INTEGER NOT NULL, tag TEXT, grp TEXT, toast TEXT NOT NULL, shown_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
CREATE INDEX toasts_named ON toasts (app, tag, grp);
CREATE INDEX toasts_expiring ON toasts (expires_at);
CREATE UNIQUE INDEX toasts_id ON toasts (trigger, claim, place);
CREATE TABLE toast_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, kind TEXT NOT NULL,
  change TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX toast_events_app ON toast_events (app, at);
CREATE TABLE cursors (sink TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE badges (app INTEGER PRIMARY KEY, mark TEXT NOT NULL) STRICT;
CREATE TABLE resume_work (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, key TEXT NOT NULL,
  content BLOB NOT NULL, left_at INTEGER NOT NULL, UNIQUE (app, key)) STRICT;
INSERT INTO meta VALUES (1, 0, 1, NULL, '', 0);
ALTER TABLE channels ADD COLUMN protocol TEXT NOT NULL DEFAULT 'plain';
ALTER TABLE channels ADD COLUMN sender_key BLOB;
ALTER TABLE channels ADD COLUMN topic TEXT;
ALTER TABLE channels ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN pushed_at INTEGER;
ALTER TABLE channels ADD COLUMN pushed_by TEXT;
ALTER TABLE channels ADD COLUMN expiry_told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX channels_ending ON channels (expires_at) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX channels_topic ON channels (topic) WHERE topic IS NOT NULL;
ALTER TABLE apps ADD COLUMN credentials INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN topic TEXT;
CREATE INDEX queue_topic ON queue (app, topic) WHERE topic IS NOT NULL;
CREATE TABLE push_names (
  channel INTEGER NOT NULL, name BLOB NOT NULL, content BLOB NOT NULL, trigger INTEGER NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (channel, name)) STRICT, WITHOUT ROWID;
CREATE INDEX push_names_of ON push_names (channel, at);
CREATE INDEX push_names_old ON push_names (at);
ALTER TABLE meta ADD COLUMN quotas TEXT NOT NULL DEFAULT '{}';
ALTER TABLE meta ADD COLUMN runs_to INTEGER NOT NULL DEFAULT 0;
CREATE TABLE spent (
  app INTEGER PRIMARY KEY, quarter INTEGER NOT NULL, us INTEGER NOT NULL) STRICT;
CREATE TABLE conduct (
  app INTEGER NOT NULL, task TEXT NOT NULL, failures INTEGER NOT NULL, paused_at INTEGER,
  PRIMARY KEY (app, task)) STRICT, WITHOUT ROWID;
UPDATE meta SET incarnation = 3, clean = 0, sqlite = '3.51.3', generation = 3;
INSERT INTO apps (key, id, version, name, manifest, installed_at, credentials) VALUES
 (1, 'com.example.puppet', '1.0.0', 'Puppet', '{"id":"com.example.puppet","name":"Puppet","version":"1.0.0","tasks":[{"name":"act",
 "component":"puppet.wasm","triggers":["raw-notification","application","custom"],"limits":
 {"fuel":500000000,"time-ms":5000,"grace-ms":1000,"watchdog-ms":10000,"memory-bytes":33554432,
 "table-elements":20000,"instances":48,"memories":8,"tables":16,"handles":256,"host-call-bytes":262144,
 "host-calls":10000,"log-bytes":65536,"log-lines":1000,"log-line-bytes":2048,
 "settings-delta-bytes":262144,"settings-bytes":1048576,"settings":4096,"setting-value-bytes":8192,
 "toasts":8,"toast-changes":32,"resume-work":16,"resume-work-bytes":8192}}],
 "channels":[{"name":"inbox","task":"act"},{"name":"alerts","task":"act"}],
 "permissions":{"toasts":true,"image-hosts":[]}}', 1700000000000, 3);
INSERT INTO components VALUES (1, x'{digest}', length(x'{component}'), x'{component}');
INSERT INTO tasks VALUES (1, 'act', x'{digest}');
INSERT INTO channels (key, app, name, generation, opened_at, expires_at, closed_at, hash) VALUES
 (1, 1, 'inbox', 1, 1700000000000, 1702592000000, NULL, x'1111111111111111111111111111111111111111111111111111111111111111'),
 (2, 1, 'alerts', 2, 1700000000000, 1702592000000, 1700000005000, x'2222222222222222222222222222222222222222222222222222222222222222');
UPDATE channels SET protocol = 'topic', topic = 'puppets', pushes = 5, pushed_at = 1700000006000, pushed_by = 'a sender'
 WHERE key = 1;
INSERT INTO triggers VALUES
 (1, 1, 1, 'act', '{"kind":"raw-notification","channel":"inbox","content":"","received-at":1700000001000}',
  CAST('hello' AS BLOB), 1700000001000, 5),
 (2, 1, 1, 'act', '{"kind":"raw-notification","channel":"inbox","content":"","received-at":1700000002000}',
  CAST('rno' AS BLOB), 1700000002000, 5),
 (3, 1, 1, 'act', '{"kind":"raw-notification","channel":"inbox","content":"","received-at":1700000003000}',
  CAST('twaited' AS BLOB), 1700000003000, 5),
 (4, 1, 2, 'act', '{"kind":"raw-notification","channel":"alerts","content":"","received-at":1700000004000}',
  CAST('twas running' AS BLOB), 1700000004000, 5),
 (5, 1, 1, 'act', '{"kind":"raw-notification","channel":"inbox","content":"","received-at":1700000005000}',
  CAST('ttried before' AS BLOB), 1700000005000, 5);
INSERT INTO queue (id, app, state, ready_at, expires_at, bytes, claims, pardons, crashes, suspect, claimed_by, dead_reason,
 dead_message, dead_at) VALUES
 (2, 1, 2, 0, NULL, 3, 1, 0, 0, 0, NULL, 'rejected', 'no', 1700000002500),
 (3, 1, 0, 0, 1700086400000, 7, 0, 0, 0, 0, NULL, NULL, NULL, NULL),
 (4, 1, 1, 0, NULL, 12, 1, 0, 0, 0, 3, NULL, NULL, NULL),
 (5, 1, 0, 1700000030000, NULL, 13, 1, 0, 0, 0, NULL, NULL, NULL, NULL);
UPDATE queue SET topic = 'topic' WHERE id = 3;
INSERT INTO setups VALUES
 (1, 1, x'{digest}', 'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', '1.0.0',
 '{"toasts":true,"image-hosts":[]}', '{"fuel":500000000,"time-ms":5000,"grace-ms":1000,"watchdog-ms":10000,"memory-bytes":33554432,
 "table-elements":20000,"instances":48,"memories":8,"tables":16,"handles":256,"host-call-bytes":262144,
 "host-calls":10000,"log-bytes":65536,"log-lines":1000,"log-line-bytes":2048,
 "settings-delta-bytes":262144,"settings-bytes":1048576,"settings":4096,"setting-value-bytes":8192,
 "toasts":8,"toast-changes":32,"resume-work":16,"resume-work-bytes":8192}');
INSERT INTO runs VALUES
 (1, 1, 1, 1, 1, 1, 'completed', 1700000001100, 1700000001200, x'0101010101010101010101010101010101010101010101010101010101010101', 0, NULL, 60,
 '{"outcome":"completed","effects":{"toasts":[{"do":"show","toast":{"title":"kept","body":"","scenario":"standard","silent":false}}],"badge":{"number":1},"resume-work":[{"key":"work","content":"a2VwdA=="}]},"settings":1,"log":{"lines":[{"level":"info","message":"hello"}]},
 "usage":{"fuel":2000,"memory-bytes":262144,"instances":1,"memories":1,"host-calls":4},"measured":{"wall-us":90,"instantiate-us":40}}'),
 (2, 1, 2, 1, 1, 1, 'rejected', 1700000002100, 1700000002200, x'0202020202020202020202020202020202020202020202020202020202020202', 2, '{"number":1}', 60,
 '{"outcome":"rejected","message":"no","effects":{},"log":{"lines":[{"level":"info","message":"hello"}]},
 "usage":{"fuel":2000,"memory-bytes":262144,"instances":1,"memories":1,"host-calls":4},"measured":{"wall-us":90,"instantiate-us":40}}'),
 (3, 1, 5, 1, 1, 1, 'failed', 1700000005100, 1700000005200, x'0303030303030303030303030303030303030303030303030303030303030303', 2, '{"number":1}', 60,
 '{"outcome":"failed","message":"not yet","effects":{},"log":{"lines":[{"level":"info","message":"hello"}]},
 "usage":{"fuel":2000,"memory-bytes":262144,"instances":1,"memories":1,"host-calls":4},"measured":{"wall-us":90,"instantiate-us":40}}');
INSERT INTO changes VALUES (1, 2);
INSERT INTO settings VALUES
 (1, 'n', 1, '{"type":"integer","value":1}'),
 (1, 'kept/word', 2, '{"type":"text","value":"kept"}');
INSERT INTO toasts VALUES
 (1, 1, 1, 1, 0, NULL, NULL, '{"title":"kept","body":"","scenario":"standard","silent":false}', 1700000001200, 1700259201200, 0);
INSERT INTO toast_events (seq, app, kind, change, at) VALUES
 (1, 1, 'show', '{"kind":"show","id":{"run":"run-1.1","index":0},"toast":{"title":"kept","body":"","scenario":"standard","silent":false}}', 1700000001200),
 (2, 1, 'badge', '{"kind":"badge","mark":{"number":1}}', 1700000001200);
INSERT INTO cursors VALUES ('terminal', 1);
INSERT INTO badges VALUES (1, '{"number":1}');
INSERT INTO resume_work VALUES (1, 1, 'work', CAST('kept' AS BLOB), 1700000001200);
INSERT INTO push_names VALUES (1, x'3333333333333333333333333333333333333333333333333333333333333333', x'4444444444444444444444444444444444444444444444444444444444444444', 3, 1700000003000);
INSERT INTO spent VALUES (1, 1888888, 2500);
INSERT INTO conduct VALUES (1, 'act', 1, NULL);
