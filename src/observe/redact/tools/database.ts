// Where clients of databases and message queues take passwords.
import type { ToolRule } from './rule.ts'

export const DATABASE_TOOLS: readonly ToolRule[] = [
  {
    tools:
      'mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlpump mysqlsh mariadb mariadb-dump mariadb-admin mycli',
    prefixes: '-p',
    asks: true,
    redacts: [
      'mysql -u root -p«hunter2» db',
      "mysqldump -uroot -p«'a b'» db",
      'docker exec -it db mysql -uroot -p«pw» shop',
      'sudo /usr/bin/mysql -p«pw»',
      'ssh db1 "mysql -p«pw» -e \'show tables\'"',
    ],
    keeps: [
      'mysql -u root -p db',
      'mysql --password db',
      'mysql -p"$PW"',
      'mkdir -p a/b',
      'ssh -p2222 host',
      'systemctl restart mysql',
    ],
  },
  {
    tools: 'mysqladmin',
    keys: 'password',
    redacts: ['mysqladmin -u root password «new»'],
    keeps: ['mysqladmin -u root status'],
  },
  {
    tools: 'psql pg_dump pg_dumpall pg_restore createdb createuser dropdb vacuumdb openssl ffmpeg',
    asks: true,
    redacts: ['pg_dump --password=«x» db'],
    keeps: ['psql --password shop', 'ffmpeg -i a.mp4 -pass 1 -f null /dev/null'],
  },
  {
    tools: 'redis-cli valkey-cli',
    secret: 'a',
    redacts: ['redis-cli -h x -a «pw» ping'],
    keeps: ['redis-cli -h x ping'],
  },
  {
    tools:
      'mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh cypher-shell beeline mydumper myloader rabbitmqadmin couchbase-cli elasticsearch-users',
    secret: 'p',
    redacts: ['mongosh -u a -p «pw» db', 'cqlsh -u a -p «pw»'],
    keeps: ['mongosh --port 27017 db'],
  },
  {
    tools: 'sqlcmd bcp isql tsql ipmitool mosquitto_pub mosquitto_sub',
    secret: 'P',
    redacts: ['sqlcmd -S h -U sa -P «pw»', 'ipmitool -U a -P «pw» power status'],
    keeps: ['sqlcmd -S h -E'],
  },
  {
    // A new password, instead of the old one.
    tools: 'sqlcmd',
    secret: 'zZ',
    redacts: ['sqlcmd -S h -U sa -Z «new1»', 'sqlcmd -U sa -z «new1» -Q x'],
    keeps: ['sqlcmd -S h -E -Q x'],
  },
  {
    tools: 'sqlplus rman expdp impdp sqlldr',
    word: /^[\w$#.-]{1,64}\/(?<secret>[^@/].*?)(?=$|@[\w/:.-]+(?:\s+as\s+\w+)?$)/ds,
    redacts: ['sqlplus scott/«tiger»@db', 'expdp scott/«tiger» full=y'],
    keeps: ['sqlplus / as sysdba', 'sqlplus /nolog', 'sqlplus scott@db'],
  },
  {
    tools: 'rabbitmqctl',
    after: /^(?:add_user|change_password|authenticate_user)$/,
    last: /^(?:add_user|change_password|authenticate_user)$/,
    between: 1,
    redacts: ['rabbitmqctl add_user bob «pw»'],
    keeps: ['rabbitmqctl list_users', 'rabbitmqctl add_user bob'],
  },
  {
    tools: 'redis-cli valkey-cli',
    keys: 'AUTH auth',
    each: 2,
    redacts: ['redis-cli AUTH «bob» «pw»', 'redis-cli AUTH «pw»'],
    keeps: ['redis-cli ping'],
  },
  {
    tools: 'redis-cli valkey-cli',
    keys: 'requirepass masterauth',
    prefixes: '>',
    redacts: ['redis-cli CONFIG SET requirepass «pw»', "redis-cli ACL SETUSER bob on '>«pw»' +@all"],
    keeps: ['redis-cli CONFIG GET requirepass', 'redis-cli ping > f'],
  },
  {
    tools: 'etcdctl',
    pairLong: 'user',
    redacts: ['etcdctl --user root:«pw» get /'],
    keeps: ['etcdctl --user root get /'],
  },
  {
    tools: 'influx',
    secret: 't',
    redacts: ['influx write -t «abc» -b b f'],
    keeps: ['influx ping'],
  },
  {
    tools:
      'pt-query-digest pt-table-sync pt-table-checksum pt-archiver pt-online-schema-change pt-kill pt-heartbeat',
    word: /(?:^|,)p=(?<secret>[^,]+)/d,
    redacts: ['pt-table-sync --execute h=a,u=r,p=«pw»,D=x h=b'],
    keeps: ['pt-query-digest h=a,P=3306 slow.log'],
  },
]
