// Rules about databases: statements and tools that drop data.
import { type Arg, type Args, inputOf, type SimpleCommand, said, TAINT } from '../../model.ts'
import { byTool, type Rules, say, tools, without } from '../kit.ts'
import { hasVerbs } from '../verbs.ts'

const CLIENTS = tools(
  'psql mysql mariadb sqlite3 sqlcmd mongosh mongo cockroach clickhouse-client duckdb sqlplus usql pgcli mycli isql bq cqlsh',
)
const DROPS =
  /\b(?:alter\s+table\s+[\w."`]+\s+drop\s+(?!constraint|index|not)|reset\s+master\b|flushall\b|drop\s+(?:database|schema|table|user|role|tablespace|keyspace|view|index|owned)\b|truncate\s+(?:table\s+)?\w|dropDatabase\s*\(|\.drop\s*\(|deleteMany\s*\(\s*\{\s*\}|\.remove\s*\(\s*\{\s*\})/i
const DELETES_ALL =
  /\b(?:delete\s+from\s+(?:only\s+)?[\w."`]+\s*(?:;|$|where\s+(?:true|1|'?(\d+)'?\s*=\s*'?\1'?)\s*(?:;|$))|update\s+[\w."`]+\s+set\s+(?:(?!\bwhere\b)[^;])*(?:;|$))/i

/** Options by which clients that no rule knows take a statement, and a text that is one from its first word on. */
const ASKS = /^(?:-[ceqQ]|--(?:command|execute|eval|query|sql|statement))(?:=|$)/
const STATEMENT =
  /^(?:drop\s+(?:database|schema|table|user|role|tablespace|keyspace|view|warehouse|bucket)\s|truncate\s+table\s|delete\s+from\s+[\w."`]+\s*(?:;|$))/i

/** The SQL in a client's arguments or standard input. */
function statements(c: SimpleCommand): Args {
  // In `psql -f <(echo …)` the content of the file is on the line.
  const files = c.args.flatMap((arg) =>
    arg.output?.text === undefined ? [] : [{ ...arg, text: arg.output.text }],
  )
  // A statement that lost its quotes stands in several words.
  const at = c.args.findIndex(({ text }) => /^(?:-[a-z]*[ec]|--(?:execute|eval|command|sql))$/.test(text))
  const spread = at < 0 || at + 2 >= c.args.length ? [] : c.args.slice(at + 1)
  const joined = said({ args: spread })
  return [
    ...c.args.map(optionValue),
    ...(joined === '' ? [] : [{ text: joined, span: c.span, taint: TAINT.none }]),
    inputOf(c),
    ...files,
  ]
}

/** The value alone of an argument such as `--command=statement`. */
function optionValue(arg: Arg): Arg {
  const value = /^--[\w-]+=([\s\S]*)$/.exec(arg.text)?.[1]
  return value === undefined ? arg : { ...arg, text: value }
}

function clean(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]{0,200}?\*\//g, ' ')
}

const asked = (c: SimpleCommand, pattern: RegExp) =>
  statements(c).filter((arg) => pattern.test(clean(arg.text).trim()))

export const DATABASE_RULES: Rules = [
  {
    id: 'sql-drop',
    level: 'high',
    why: 'Drops a table, a schema or a whole database.',
    tools: CLIENTS,
    when: (c) => asked(c, DROPS),
    example: 'psql -c "DROP TABLE users"',
  },
  {
    id: 'statement-drops',
    level: 'high',
    why: 'Gives a tool a statement that drops or empties what a database keeps.',
    tools: ['*'],
    when: ({ args, name }) =>
      args.some(({ text }) => text.includes(' ')) && hasVerbs(name) && !CLIENTS.includes(name)
        ? args.filter(
            ({ text }, i) =>
              ASKS.test(text.includes('=') ? text : (args[i - 1]?.text ?? '')) &&
              STATEMENT.test(clean(text.replace(/^--\w+=/, '')).trim()),
          )
        : undefined,
    example: "snowsql -q 'DROP TABLE users'",
    yields: true,
  },
  {
    id: 'sql-everything',
    level: 'high',
    why: 'Changes or deletes every row, because the statement has no WHERE.',
    tools: CLIENTS,
    when: (c) => asked(c, DELETES_ALL),
    safer: { rewrite: (raw) => raw.replace(/delete\s+from\s+(?:only\s+)?/i, 'SELECT count(*) FROM ') },
    example: 'psql -c "DELETE FROM users"',
  },
  {
    id: 'database-drop-tool',
    level: 'high',
    why: 'Drops a database with everything in it.',
    finds: `
      dropdb|dropuser|pg_dropcluster|kafka-delete-records.sh *
      mysqladmin … drop
      etcdctl … del --prefix|--from-key
      consul … kv delete --recurse
      sqlx database drop|reset
      pg_restore /(?:^| )-(?:[aCeOsvx1]*c|-clean)/
      pg_resetwal !-n|--dry-run
      mongorestore --drop
      rabbitmqctl force_reset|reset|delete_queue|delete_vhost|delete_user
      kafka-topics|kafka-topics.sh --delete
      influx … bucket delete
      influx <drop>
      redis-cli|valkey-cli ~flushes
      _ input<flushes>?
      _ ~deletes $
      _ input<deletes>? $`,
    named: {
      drop: /drop\s+database/i,
      flushes:
        /\bflush(?:all|db)\b|\bdebug\s+segfault\b|\bshutdown\s+nosave\b|\bconfig\s+set\s+(?:dir|dbfilename)\b|\bmodule\s+load\b|\b(?:slaveof|replicaof)\s+(?!no\b)/i,
      deletes: /\b(?:del|unlink)\b/i,
    },
    safer: byTool({
      dropdb: (c) => {
        // Both tools take the same options for host, port and user.
        const dump = say(
          'pg_dump',
          '-Fc',
          ...c.args.filter((arg) => !/^(?:-[ief]|--(?:if-exists|interactive|echo|force))$/.test(arg.text)),
        )
        return dump && `${dump} > before.dump`
      },
      pg_restore: without(/^(?:-c|--clean)$/),
      mongorestore: without(/^--drop$/),
    }),
    example: 'dropdb prod',
  },
  {
    id: 'store-changed',
    level: 'moderate',
    why: 'Changes how a store works that programs share, or drops entries of it.',
    finds: `
      redis-cli|valkey-cli {stops}?
      _ input<stops>?
      _ ~changes
      _ input<changes>?`,
    named: {
      stops: /^\s{0,8}shutdown\b/im,
      changes:
        /(?:^|\s)(?:[xl]trim|swapdb|failover|config (?:set|rewrite|resetstat)|cluster (?:reset|forget|failover|delslots)|script flush|acl (?:deluser|setuser)|xgroup destroy)\b/i,
    },
    example: 'redis-cli config set maxmemory 1mb',
    yields: true,
  },
  {
    id: 'framework-reset',
    level: 'high',
    why: 'Empties or rebuilds the application’s database.',
    finds: `
      !pip|install
      diesel|drush|wp|rails|rake|python|python3|php|npx|prisma|sequelize|knex|alembic|flask|flyway|drizzle-kit|typeorm|liquibase|
      django-admin|manage.py|artisan|mix|bin/rails … db:drop*|db:reset*|db:purge*|db:migrate:reset*|db:schema:load*|db:wipe*|
      migrate:fresh*|migrate:reset*|migrate:refresh*|ecto.drop*|ecto.reset*|sql-drop*|db:migrate:undo:all*|schema:drop*|drop-all*
      _ … flush|reset_db|sqlflush .
      _ … migrate reset*
      _ … database drop*|reset*
      _ … db reset*|drop*|clean*
      _ … downgrade base*
      _ … migrate * zero .
      _ … db push . --force-reset|--force|--accept-data-loss
      _ push . --force-reset|--force|--accept-data-loss
      flyway clean .`,
    example: 'rails db:drop',
  },
  {
    id: 'sql-grant-all',
    level: 'high',
    why: 'Gives a user every right in the database server.',
    tools: CLIENTS,
    when: (c) =>
      asked(
        c,
        /\bgrant\s+all\b[\s\S]*\bon\s+\*\.\*|\balter\s+(?:user|role)\s+\S+\s+(?:with\s+)?superuser\b/i,
      ),
    example: 'mysql -e \'GRANT ALL ON *.* TO x@"%"\'',
  },
  {
    id: 'index-delete',
    level: 'high',
    why: 'Deletes a search index with everything in it.',
    finds: `
      curl|http|https|xh|httpie <index> -X|--request=DELETE
      _ DELETE <index>`,
    named: { index: /:9200\/[^_?]|\/_all\b|\/\*$|\/_data_stream\// },
    example: 'curl -X DELETE http://es:9200/_all',
  },
]
