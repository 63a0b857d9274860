// Tells where clients of databases and message queues take passwords.
import type { ToolRule } from './rule.ts'

export const DATABASE_TOOLS: readonly ToolRule[] = [
  {
    tools:
      'mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlpump mysqlsh mariadb mariadb-dump mariadb-admin mycli',
    prefixes: '-p',
    asks: true,
  },
  { tools: 'mysqladmin', keys: 'password' },
  {
    tools: 'psql pg_dump pg_dumpall pg_restore createdb createuser dropdb vacuumdb openssl ffmpeg',
    asks: true,
  },
  { tools: 'redis-cli valkey-cli', secret: 'a' },
  {
    tools:
      'mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh cypher-shell beeline mydumper myloader rabbitmqadmin couchbase-cli elasticsearch-users',
    secret: 'p',
  },
  { tools: 'sqlcmd bcp isql tsql ipmitool mosquitto_pub mosquitto_sub', secret: 'P' },
  {
    // The new password, which replaces the old one.
    tools: 'sqlcmd',
    secret: 'zZ',
  },
  {
    tools: 'sqlplus rman expdp impdp sqlldr',
    word: /^[\w$#.-]{1,64}\/(?<secret>[^@/].*?)(?=$|@[\w/:.-]+(?:\s+as\s+\w+)?$)/ds,
  },
  {
    tools: 'rabbitmqctl',
    after: /^(?:add_user|change_password|authenticate_user)$/,
    last: /^(?:add_user|change_password|authenticate_user)$/,
    between: 1,
  },
  { tools: 'redis-cli valkey-cli', keys: 'AUTH auth', each: 2 },
  { tools: 'redis-cli valkey-cli', keys: 'requirepass masterauth', prefixes: '>' },
  { tools: 'etcdctl', pairLong: 'user' },
  { tools: 'influx', secret: 't' },
  {
    tools:
      'pt-query-digest pt-table-sync pt-table-checksum pt-archiver pt-online-schema-change pt-kill pt-heartbeat',
    word: /(?:^|,)p=(?<secret>[^,]+)/d,
  },
]
