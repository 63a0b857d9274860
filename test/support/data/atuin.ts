// A database as atuin makes it: the statements of its own migrations (atuin-client, MIT License), in their order.
import { DatabaseSync } from 'node:sqlite'

/** File names of crates/atuin-client/migrations, and what stands in them. */
export const ATUIN_MIGRATIONS: Readonly<Record<string, string>> = {
  '20210422143411_create_history': `
    create table if not exists history (
      id text primary key, timestamp integer not null, duration integer not null, exit integer not null,
      command text not null, cwd text not null, session text not null, hostname text not null,
      unique(timestamp, cwd, command)
    );
    create index if not exists idx_history_timestamp on history(timestamp);
    create index if not exists idx_history_command on history(command);`,
  '20220505083406_create-events': `
    create table if not exists events (
      id text primary key, timestamp integer not null, hostname text not null, event_type text not null,
      history_id text not null
    );
    create unique index history_event_idx ON events(event_type, history_id);`,
  '20220806155627_interactive_search_index':
    'create index if not exists idx_history_command_timestamp on history(command, timestamp);',
  '20230315220114_drop-events': 'drop table events;',
  '20230319185725_deleted_at': 'alter table history add column deleted_at integer;',
  '20260224000100_history_author_intent':
    'alter table history add column author text; alter table history add column intent text;',
  '20260709214605_shell': 'alter table history add column shell text;',
  '20260723000000_active_history_index':
    'create index if not exists idx_history_active_timestamp on history(timestamp) where deleted_at is null;',
  '20260723000001_filtered_history_indexes': `
    create index if not exists idx_history_session_timestamp on history(session, timestamp) where deleted_at is null;
    create index if not exists idx_history_cwd_timestamp on history(cwd, timestamp) where deleted_at is null;`,
  '20260723000002_hostname_index': `
    create index if not exists idx_history_hostname_timestamp on history(lower(hostname), timestamp)
    where deleted_at is null;`,
  '20260723000003_drop_command_index': 'drop index if exists idx_history_command;',
  '20260818000000_history_author_kind': 'alter table history add column author_kind integer;',
}

export interface AtuinRow {
  readonly id: string
  /** Nanoseconds. */
  readonly timestamp: bigint
  readonly duration?: bigint
  readonly exit?: number | bigint
  readonly command: string
  readonly cwd?: string
  readonly hostname?: string
  readonly deleted_at?: bigint
  readonly shell?: string
  readonly author_kind?: number
}

/** After the first `migrations` of them, in WAL mode as atuin opens it; the caller closes it. */
export function makeAtuin(
  path: string,
  rows: readonly AtuinRow[],
  migrations: number = Object.keys(ATUIN_MIGRATIONS).length,
): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL')
  for (const statements of Object.values(ATUIN_MIGRATIONS).slice(0, migrations)) db.exec(statements)
  for (const row of rows) {
    const whole = {
      duration: 5_000_000n,
      exit: 0,
      cwd: '/home/ann',
      session: 's',
      hostname: 'here:ann',
      ...row,
    }
    const names = Object.keys(whole)
    db.prepare(`INSERT INTO history (${names.join()}) VALUES (${names.map(() => '?').join()})`).run(
      ...Object.values(whole),
    )
  }
  return db
}
