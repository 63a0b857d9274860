// Rules about databases: statements and tools that drop what they hold.
import { type Arg, type SimpleCommand, TAINT } from '../model.ts'
import { only, type Rule, tools, verb } from './rule.ts'

const CLIENTS = tools(
  'psql mysql mariadb sqlite3 sqlcmd mongosh mongo cockroach clickhouse-client duckdb sqlplus usql pgcli mycli isql bq cqlsh',
)
const DROPS =
  /\b(?:drop\s+(?:database|schema|table|user|role|tablespace|keyspace|view|index|owned)\b|truncate\s+(?:table\s+)?\w|dropDatabase\s*\(|\.drop\s*\(|deleteMany\s*\(\s*\{\s*\}|\.remove\s*\(\s*\{\s*\})/i
const DELETES_ALL =
  /\b(?:delete\s+from\s+[\w."`]+\s*(?:;|$)|update\s+[\w."`]+\s+set\s+(?:(?!\bwhere\b)[^;])*(?:;|$))/i

/** SQL a client is given: in its arguments or on its standard input. */
function statements(c: SimpleCommand): readonly Arg[] {
  const input =
    c.input.text === undefined || c.input.text === ''
      ? []
      : [{ text: c.input.text, span: c.span, taint: TAINT.none }]
  return [...c.args, ...input]
}

function clean(text: string): string {
  return text.replace(/--[^\n]*/g, ' ').replace(/\/\*[\s\S]{0,200}?\*\//g, ' ')
}

const asked = (c: SimpleCommand, pattern: RegExp) =>
  statements(c).filter((arg) => pattern.test(clean(arg.text).trim()))

export const DATABASE_RULES: readonly Rule[] = [
  {
    id: 'sql-drop',
    level: 'high',
    why: 'Drops a table, a schema or a whole database.',
    tools: CLIENTS,
    when: (c) => asked(c, DROPS),
    examples: {
      risky: [
        'psql -c "DROP TABLE users"',
        'mysql -e "drop database x"',
        'echo "TRUNCATE users;" | psql db',
        'sqlite3 x.db "DROP TABLE t;"',
        'mongosh --eval "db.dropDatabase()"',
        'psql <<EOF\nDROP SCHEMA public CASCADE;\nEOF',
        'mysql -uroot -px -e "DROP/**/TABLE x"',
      ],
      harmless: [
        'psql -c "SELECT 1"',
        'mysql -e "show tables"',
        'psql -f schema.sql',
        'echo "DROP TABLE x"',
        'grep -r "DROP TABLE" .',
      ],
    },
  },
  {
    id: 'sql-everything',
    level: 'high',
    why: 'Changes or deletes every row, because it has no WHERE.',
    tools: CLIENTS,
    when: (c) => asked(c, DELETES_ALL),
    examples: {
      risky: ['psql -c "DELETE FROM users"', 'mysql -e "update t set a=1;"'],
      harmless: ['psql -c "DELETE FROM users WHERE id=1"', 'mysql -e "update t set a=1 where id=2;"'],
    },
  },
  {
    id: 'database-drop-tool',
    level: 'high',
    why: 'Drops a database with everything in it.',
    tools: tools('dropdb dropuser mysqladmin redis-cli valkey-cli etcdctl consul influx sqlx pg_dropcluster'),
    when: (c, o) => {
      const text = c.args.map((arg) => arg.text).join(' ')
      switch (c.name) {
        case 'mysqladmin':
          return only(/\bdrop\b/.test(text), true)
        case 'redis-cli':
        case 'valkey-cli':
          return only(
            /\bflush(?:all|db)\b|\bdebug\s+segfault\b|\bshutdown\s+nosave\b/i.test(
              `${text} ${c.input.text ?? ''}`,
            ),
            true,
          )
        case 'etcdctl':
          return only(/\bdel\b/.test(text) && /--prefix|--from-key/.test(text), true)
        case 'consul':
          return only(/\bkv delete\b/.test(text) && /-recurse/.test(text), true)
        case 'sqlx':
          return only(/^database (?:drop|reset)\b/.test(text), true)
        case 'influx':
          return only(/drop\s+database|bucket delete/i.test(text), true)
        default:
          return o.operands.length > 0
      }
    },
    examples: {
      risky: [
        'dropdb prod',
        'redis-cli FLUSHALL',
        'redis-cli -h h flushdb',
        'mysqladmin -f drop x',
        'etcdctl del "" --prefix',
        'consul kv delete -recurse x',
      ],
      harmless: ['redis-cli ping', 'createdb x', 'etcdctl get x', 'mysqladmin status', 'redis-cli get k'],
    },
  },
  {
    id: 'framework-reset',
    level: 'moderate',
    why: 'Empties or rebuilds the application’s database.',
    tools: tools(
      'rails rake python python3 php npx prisma sequelize knex alembic flask django-admin manage.py artisan mix bin/rails',
    ),
    when: (_c, o) => {
      const text = o.operands.map((arg) => arg.text).join(' ')
      return only(
        /(?:^|\s)(?:db:(?:drop|reset|purge|migrate:reset|schema:load|wipe)|migrate:(?:fresh|reset|refresh)|ecto\.(?:drop|reset)|(?:\S*manage\.py )?(?:flush|reset_db|sqlflush)$|(?:prisma )?migrate reset|(?:prisma )?db push --force-reset|db:migrate:undo:all|downgrade base)/.test(
          text,
        ) && !/pip|install/.test(text),
        verb(o) !== '',
      )
    },
    examples: {
      risky: [
        'rails db:drop',
        'rake db:reset',
        'python manage.py flush',
        'npx prisma migrate reset',
        'php artisan migrate:fresh',
        'mix ecto.reset',
      ],
      harmless: ['rails db:migrate', 'python manage.py migrate', 'npx prisma generate', 'php artisan serve'],
    },
  },
]
