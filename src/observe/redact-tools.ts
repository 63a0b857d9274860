// Where tools take secrets under names that do not tell: one row per way, each with examples for and against.

export interface ToolRule {
  /** Names, separated by blanks. */
  readonly tools: string
  /** Only after this word, such as a subcommand. */
  readonly after?: RegExp
  /** Letters of options without a value, which may stand before the letter in one word: curl's `-su me:pw`. */
  readonly flags?: string
  /** Letters of options whose value is the secret, in the same word or the next. */
  readonly secret?: string
  /** Letters of options whose value is `user:secret`. */
  readonly pair?: string
  /** Long options likewise, without dashes, separated by blanks. */
  readonly secretLong?: string
  readonly pairLong?: string
  /** What stands between user and secret; `:` unless said. */
  readonly separator?: ':' | '%' | ',' | '='
  /** Beginnings of words whose rest is the secret, separated by blanks. */
  readonly prefixes?: string
  /** Bare words whose next word is the secret, separated by blanks. */
  readonly keys?: string
  /** The last bare word is the secret when a word like this is there too. */
  readonly last?: RegExp
  /** A bare word like this holds the secret as its group. */
  readonly word?: RegExp
  /** Only before its first word that is no option: the rest is another command. */
  readonly leading?: true
  /** Its `--password` and the like ask for the secret or mean something else: the next word is none. */
  readonly asks?: true
  /** Lines whose part between guillemets `«…»` must go. */
  readonly redacts: readonly string[]
  /** Lines that must stay as they are. */
  readonly keeps: readonly string[]
}

export const TOOL_RULES: readonly ToolRule[] = [
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
    tools: 'curl',
    flags: 'sSfkLvigGIjlnNOqRZJBaM0123469#',
    pair: 'uUE',
    pairLong: 'user proxy-user cert proxy-cert',
    redacts: [
      'curl -u bob:«hunter2» http://x',
      "curl --user 'bob:«pw»' http://x",
      'curl -ume:«pw» http://x',
      'curl -su me:«pw» http://x',
      'curl -sSLume:«pw» http://x',
      'curl --proxy-user=me:«pw» http://x',
      'curl -u "$USER:«pw»" http://x',
      'curl -u \\\n  me:«pw» http://x',
    ],
    keeps: [
      'curl -u bob http://x',
      'curl -u "bob:$PW" http://x',
      'curl -o u:v http://x',
      'curl -E cert.pem http://x',
      'docker run -u 1000:1000 x',
    ],
  },
  {
    tools: 'curl',
    flags: 'sSfkLvigGI',
    pair: 'b',
    pairLong: 'cookie',
    separator: '=',
    redacts: ["curl -b session=«'1; id=2'» http://x", 'curl --cookie sid=«abc» http://x'],
    keeps: ['curl -b cookies.txt http://x', 'curl -c jar http://x'],
  },
  {
    tools: 'http https xh xhs',
    pair: 'a',
    pairLong: 'auth',
    redacts: ['http -a me:«pw» :8080/x', 'https --auth=me:«pw» h'],
    keeps: ['http -a me :8080/x'],
  },
  {
    tools: 'smbclient smbget rpcclient net winexe smbcacls',
    pair: 'U',
    pairLong: 'user',
    separator: '%',
    redacts: ['smbclient //h/s -U me%«pw»', "smbclient -U 'CORP\\me%«pw»' //h/s", 'net rpc -Ume%«pw» info'],
    keeps: ['smbclient -U me //h/s'],
  },
  {
    tools: 'lftp',
    pair: 'u',
    pairLong: 'user',
    separator: ',',
    redacts: ['lftp -u me,«pw» ftp.corp'],
    keeps: ['lftp -u me ftp.corp'],
  },
  {
    tools: 'docker podman buildah skopeo nerdctl helm oc cf az twine',
    after: /^(?:login|upload)$/,
    secret: 'p',
    redacts: [
      'docker login -u me -p «pw» reg',
      'docker login -p«pw» reg',
      'helm registry login -p «pw» reg',
      'az login -u me -p «pw»',
      'podman login -p «"a b"» reg',
    ],
    keeps: ['docker run -p 80:80 x', 'docker login -u me reg', 'docker login -p "$PW" reg'],
  },
  {
    tools: 'sshpass',
    leading: true,
    secret: 'p',
    redacts: ['sshpass -p «hunter2» ssh h', "sshpass -p«'hunter 2'» ssh -p 22 h"],
    keeps: ['sshpass -e ssh -p 22 h', 'sshpass -f pwfile ssh h'],
  },
  {
    tools: 'redis-cli valkey-cli',
    secret: 'a',
    redacts: ['redis-cli -h x -a «pw» ping'],
    keeps: ['redis-cli -h x ping'],
  },
  {
    tools: 'ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami ldapmodrdn ldapcompare',
    flags: 'xZvn',
    secret: 'w',
    redacts: ['ldapsearch -x -D cn=a -w «pw» b', 'ldapsearch -xw «pw» b'],
    keeps: ['ldapsearch -x -W -D cn=a b'],
  },
  {
    tools: 'ldappasswd',
    secret: 'as',
    redacts: ['ldappasswd -s «new» cn=a'],
    keeps: ['ldappasswd -S cn=a'],
  },
  {
    tools: 'htpasswd',
    last: /^-[A-Za-z0-9]*b/,
    redacts: ['htpasswd -b f bob «pw»', 'htpasswd -nb u «pw»', 'htpasswd -cbB f bob «pw» 2>/dev/null'],
    keeps: ['htpasswd f bob', 'htpasswd -n bob'],
  },
  {
    tools: 'openssl',
    prefixes: 'pass:',
    redacts: [
      'openssl rsa -in k -passin pass:«pw»',
      'openssl enc -aes-256-cbc -pass pass:«pw» -in f',
      "openssl pkcs12 -export -passout 'pass:«p w»' -in f",
    ],
    keeps: ['openssl rsa -in k -passin env:PW', 'openssl rsa -in k -passin stdin', 'openssl rand -hex 16'],
  },
  {
    tools: 'openssl',
    after: /^(?:enc|aes\S*|des\S*)$/,
    keys: '-k -K',
    redacts: ['openssl enc -aes-256-cbc -k «pw» -in f'],
    keeps: ['openssl dgst -sha256 -k f'],
  },
  {
    tools: 'openssl',
    after: /^passwd$/,
    last: /^passwd$/,
    redacts: ['openssl passwd -6 «pw»'],
    keeps: ['openssl passwd -6', 'openssl passwd -6 -stdin'],
  },
  {
    tools: 'mkpasswd',
    last: /^mkpasswd$/,
    redacts: ['mkpasswd -m sha-512 «pw»'],
    keeps: ['mkpasswd'],
  },
  {
    tools: '7z 7za 7zz 7zr rar unrar',
    prefixes: '-p -hp',
    redacts: ['7z a -p«x» a.7z f', '7z x "-p«a b»" a.7z', 'rar a -hp«x» a.rar f'],
    keeps: ['7z a -p a.7z f', '7z x a.7z'],
  },
  {
    tools: 'zip unzip zipcloak 7zip',
    flags: 'rqjo9',
    secret: 'P',
    redacts: ['zip -P «x» -r a.zip d', 'zip -rP «x» a.zip d', 'unzip -P «x» a.zip'],
    keeps: ['zip -r a.zip d', 'unzip -p a.zip f'],
  },
  {
    tools: 'nmcli',
    keys: 'password wifi-sec.psk 802-11-wireless-security.psk',
    redacts: [
      'nmcli dev wifi connect net password «x»',
      "nmcli c add type wifi ssid s wifi-sec.psk «'a b c d e'»",
    ],
    keeps: ['nmcli dev wifi list', 'nmcli dev wifi connect net'],
  },
  {
    tools: 'wpa_passphrase',
    last: /^wpa_passphrase$/,
    redacts: ['wpa_passphrase net «secret12»'],
    keeps: ['wpa_passphrase'],
  },
  {
    tools: 'iw iwconfig',
    keys: 'key',
    redacts: ['iwconfig wlan0 key «s:abcde»', 'iw dev wlan0 connect net key «0:abcde»'],
    keeps: ['iwconfig wlan0'],
  },
  {
    tools: 'xfreerdp xfreerdp3 wlfreerdp rdesktop',
    prefixes: '/p:',
    secret: 'p',
    redacts: ['xfreerdp /u:me /p:«pw» /v:h', 'rdesktop -u me -p «pw» h'],
    keeps: ['xfreerdp /u:me /v:h'],
  },
  {
    tools: 'mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh',
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
    tools: 'sqlplus rman expdp impdp sqlldr',
    word: /^[\w$#.-]{1,64}\/(?<secret>[^@/].*?)(?=$|@[\w/:.-]+$)/s,
    redacts: ['sqlplus scott/«tiger»@db', 'expdp scott/«tiger» full=y'],
    keeps: ['sqlplus / as sysdba', 'sqlplus /nolog', 'sqlplus scott@db'],
  },
  {
    tools: 'snmpget snmpwalk snmpset snmpbulkwalk',
    secret: 'AXc',
    redacts: ['snmpwalk -v3 -u me -A «auth1» -X «priv1» h', 'snmpget -v2c -c «community» h'],
    keeps: ['snmpwalk -v3 -u me h'],
  },
  {
    tools: 'ssh-keygen',
    secret: 'NP',
    redacts: ["ssh-keygen -t ed25519 -N «'a b'» -f k", 'ssh-keygen -p -P «old» -N «new» -f k'],
    keeps: ['ssh-keygen -t ed25519 -N "" -f k', 'ssh-keygen --tokenize x'],
  },
  {
    tools: 'useradd usermod',
    secret: 'p',
    redacts: ["useradd -m -p «'$6$abc$def'» bob", 'usermod -p «hash» bob'],
    keeps: ['useradd -m bob'],
  },
  {
    tools: 'rabbitmqctl',
    after: /^(?:add_user|change_password|authenticate_user)$/,
    last: /^(?:add_user|change_password|authenticate_user)$/,
    redacts: ['rabbitmqctl add_user bob «pw»'],
    keeps: ['rabbitmqctl list_users'],
  },
  {
    tools: 'cargo vault ngrok bw',
    after: /^(?:login|authtoken|add-authtoken|unlock)$/,
    last: /^(?:login|authtoken|add-authtoken|unlock)$/,
    redacts: ['cargo login «abc»', 'vault login «hvs.x»', 'ngrok config add-authtoken «x1»'],
    keeps: ['cargo login', 'vault login -method=ldap', 'vault status'],
  },
  {
    tools: 'gh',
    after: /^secret$/,
    secret: 'b',
    secretLong: 'body',
    redacts: ['gh secret set NAME -b «x1»', 'gh secret set NAME --body «"a b"»'],
    keeps: ['gh pr create -b "uses token=x"', 'gh secret list'],
  },
  {
    tools: 'pdftk',
    keys: 'user_pw owner_pw input_pw',
    redacts: ['pdftk a.pdf output b.pdf user_pw «x»'],
    keeps: ['pdftk a.pdf output b.pdf'],
  },
  {
    tools: 'security',
    after: /-password$/,
    secret: 'w',
    redacts: ['security add-generic-password -a me -s x -w «pw»'],
    keeps: ['security list-keychains'],
  },
]

export interface StdinRule {
  /** Names, separated by blanks; undefined for any command. */
  readonly tools?: string
  /** A word that must be there. */
  readonly given?: RegExp
  readonly redacts: readonly string[]
  readonly keeps: readonly string[]
}

/** Commands that read a secret from their standard input; what is written into it for them is the secret. */
export const STDIN_RULES: readonly StdinRule[] = [
  {
    tools: 'passwd chpasswd chgpasswd smbpasswd kinit su cryptsetup ecryptfs-add-passphrase',
    redacts: [
      "echo «'root:pw'» | chpasswd",
      'passwd <<< «x»',
      "printf «'a\\na\\n'» | sudo passwd bob",
      '(echo «a»; echo «a») | passwd bob',
      'sudo chpasswd <<EOF\n«bob:pw»\nEOF',
      'su -c id <<<«pw»',
      'echo -n «pw» | sudo cryptsetup open /dev/sda1 x -',
    ],
    keeps: ['echo "$PW" | passwd', 'cat /etc/passwd', 'echo x | sudo tee /etc/passwd', 'cat <<< x'],
  },
  {
    tools: 'sudo',
    given: /^-[A-Za-z]*S|^--stdin$/,
    redacts: [
      'echo «hunter2» | sudo -S ls',
      'sudo -S ls <<< «x»',
      'sudo -kS -p "" ls <<<«"x y"»',
      'echo «pw» | tr -d x | sudo -S id',
      'for h in a b; do echo «pw» | sudo -S id; done',
    ],
    keeps: ['echo hello | sudo tee f', 'echo "$PW" | sudo -S ls', 'echo a; sudo -S id'],
  },
  {
    given: /^--?(?:password|passphrase|pass|token)-?(?:stdin|fd)\b|^--with-token$|^--stdin$/,
    redacts: [
      'echo «t» | docker login --password-stdin x',
      'gh auth login --with-token <<< «abc»',
      'echo «pw» | gpg --batch --passphrase-fd 0 -c f',
    ],
    keeps: ['cat pw | docker login --password-stdin x', 'gh auth status --show-token'],
  },
  {
    tools: 'openssl',
    given: /^stdin$/,
    redacts: ['echo «pw» | openssl rsa -in k -passin stdin'],
    keeps: ['echo x | openssl dgst'],
  },
  {
    tools: 'htpasswd',
    given: /^-[A-Za-z]*i/,
    redacts: ['echo «pw» | htpasswd -i f bob'],
    keeps: ['echo bob | htpasswd -v f'],
  },
]
