// Secrets as fields of data and of other languages, in the syntax of each: JSON, YAML, XML, TOML and more.
import type { Shape } from './shape.ts'

export const FIELD_SHAPES: readonly Shape[] = [
  {
    id: 'json-string',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}"(?<secret>(?:[^"\\]|\\[\s\S])+)/g,
    certain: false,
    redacts: [
      `curl -d '{"user":"bob","password":"«pw»"}' http://x`,
      `curl -d "{\\"token\\": \\"«t1»\\"}" http://x`,
      `curl -d '{"apiKey" : "«a\\"b»", "x": 1}' http://x`,
      `cat > f <<EOF\n{ "db_password": "«pw»" }\nEOF`,
    ],
    keeps: [`curl -d '{"name":"token"}' http://x`, `curl -d "{\\"token\\": \\"$T\\"}" http://x`],
  },
  {
    id: 'json-single-quoted',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}'(?<secret>[^']+)/g,
    certain: false,
    redacts: [`python -c "x({'password': '«p w»'})"`],
    keeps: [`python -c "x({'name': 'token'})"`],
  },
  {
    id: 'json-bare',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}(?<secret>[\w.+-]+)/g,
    certain: false,
    redacts: [`curl -d '{"password": «12345»}' http://x`],
    keeps: [`curl -d '{"tokens": 5, "token": null, "secret": {"a": 1}}' http://x`],
  },
  {
    id: 'yaml-field',
    hint: /:[ \t]/,
    pattern: /^[ \t-]{0,80}(?<name>[\w.-]{1,64}):[ \t]{1,80}(?![|>][+-]?\d?[ \t]*$)(?<secret>[^\s#][^\n]*)/gm,
    certain: false,
    redacts: [
      'kubectl apply -f - <<EOF\nstringData:\n  password: «hunter2»\nEOF',
      'echo "db_password: «pw»" > vars.yml',
    ],
    keeps: [
      'read -p "Password: " PW',
      'echo "token: $T"',
      'kubectl apply -f - <<EOF\npassword: ${PW}\nname: x\nEOF',
    ],
  },
  {
    id: 'yaml-block',
    hint: /:[ \t]{1,8}[|>]/,
    pattern:
      /^[ \t-]{0,80}(?<name>[\w.-]{1,64}):[ \t]{1,8}[|>][+-]?\d?[ \t]{0,8}\n(?<indent>[ \t]{1,80})(?<secret>[^\n]+(?:\n\k<indent>[^\n]*)*)/gm,
    certain: false,
    redacts: [
      'cat > v.yml <<E\npassword: |\n  «hunter2»\nuser: x\nE',
      'cat > v.yml <<E\nkey:\n  token: >-\n    «a\n    b»\n  x: y\nE',
    ],
    keeps: ['cat > v.yml <<E\nscript: |\n  echo token\nE'],
  },
  {
    // Kubernetes, Compose and CI services keep variables as lists of names and values.
    id: 'yaml-named-value',
    hint: /value:/,
    pattern:
      /\b(?:name|key):[ \t]{0,8}["']?(?<name>[\w.-]{1,64})["']?[ \t]{0,8}\n[ \t]{0,80}value:[ \t]{0,8}["']?(?<secret>[^\s"'][^"'\n]*)/g,
    certain: false,
    redacts: ['cat > p.yml <<E\nenv:\n- name: DB_PASSWORD\n  value: "«a b»"\nE'],
    keeps: ['cat > p.yml <<E\nenv:\n- name: DB_USER\n  value: token\nE'],
  },
  {
    id: 'json-named-value',
    hint: /value["']?\s{0,8}[:=]/,
    pattern:
      /\b(?:name|\w{0,20}key|id|variable)["']?\s{0,8}[:=]\s{0,8}["']?(?<name>[\w.-]{1,64})["']?\s{0,8},\s{0,8}["']?\w{0,20}value["']?\s{0,8}[:=]\s{0,8}["']?(?<secret>(?<=")[^"]+|(?<=')[^']+|(?<==)[^\s"',}]+)/gi,
    certain: false,
    redacts: [
      `echo '{"name":"DB_PASSWORD","value":"«a b»"}' > e.json`,
      'aws cloudformation deploy --parameters ParameterKey=DBPassword,ParameterValue=«hunter2»',
    ],
    keeps: [`echo '{"name":"DB_USER","value":"token"}' > e.json`],
  },
  {
    // TOML, HCL, INI, make, jq and yq: the name, blanks, the value.
    id: 'spaced-assignment',
    hint: /[\w"'\]][ \t]{1,8}[:?+!.]{0,3}=[ \t]/,
    pattern:
      /(?<![\w.-])(?<name>[\w.-]{1,64})[ \t]{1,8}(?::{1,3}|[?+!.])?=[ \t]{1,8}"?(?<secret>(?<=")[^"\n]+|(?<=\s)[^\s"'$?%={}()[\]|;,][^\s"']*)/g,
    certain: false,
    redacts: [
      `jq '.token = "«a b»"' f.json`,
      "printf '[Interface]\nPrivateKey = «abcd=»\n'",
      `cat > x.toml <<E\ndb_password = "«pw»"\nE`,
    ],
    keeps: [`jq '.password = $ENV.PW' f`, `awk '$1 == "token" { n = 1 }'`, 'echo "the key = value form"'],
  },
  {
    // `auths` of Docker's configuration: base 64 of `user:password`.
    id: 'docker-configuration',
    hint: /"auths"/,
    pattern: /"auth"\s{0,8}:\s{0,8}"(?<secret>[A-Za-z0-9+/=]+)/g,
    certain: true,
    redacts: [`echo '{"auths":{"r":{"auth":"«bWU6cHc=»"}}}' > ~/.docker/config.json`],
    keeps: [`echo '{"auth":"basic"}'`],
  },
  {
    id: 'yaml-in-sed',
    hint: /\/[\w.-]+:[ \t]/,
    pattern: /(?<=\/)(?<name>[\w.-]{1,64}):[ \t]{1,8}(?<secret>[^\s/.$\\][^\n/]*)/g,
    certain: false,
    redacts: ["sed -i 's/password: .*/password: «a b»/' f.yml"],
    keeps: ["sed -i 's/password: .*/password: $1/' f.yml"],
  },
  {
    id: 'json-path',
    hint: /"\][ \t]{1,8}"/,
    pattern: /\["(?<name>[\w.-]{1,64})"\][ \t]{1,8}"(?<secret>[^"\n]+)/g,
    certain: false,
    redacts: [`sops --set '["db"]["password"] "«pw»"' f`],
    keeps: [`sops --set '["db"]["user"] "me"' f`],
  },
  {
    // RFC 7517; RFC 8037 names the private part `d`.
    id: 'json-web-key',
    hint: /"kty"/,
    pattern: /"d"\s{0,8}:\s{0,8}"(?<secret>[\w-]{40,})/g,
    certain: true,
    redacts: [`cat <<< '{"kty":"OKP","d":"«abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq»"}'`],
    keeps: [`cat <<< '{"kty":"OKP","x":"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"}'`],
  },
  {
    id: 'xml-element',
    hint: /<\//,
    pattern: /<(?<name>[\w.-]{1,64})>\s{0,80}(?<secret>[^<\s][^<]*)(?=<\/)/g,
    certain: false,
    redacts: ["echo '<server><password>«a b»</password></server>' > s.xml"],
    keeps: ["echo '<name>password</name>' > s.xml", "echo '<password></password>'"],
  },
  {
    id: 'xml-attributes',
    hint: /value\s{0,4}=/,
    pattern:
      /\b(?:key|name)\s{0,4}=\s{0,4}["'](?<name>[\w.-]{1,64})["']\s{1,8}value\s{0,4}=\s{0,4}["'](?<secret>[^"'\n]+)/gi,
    certain: false,
    redacts: [`echo '<add key="ClearTextPassword" value="«a b»" />'`],
    keeps: [`echo '<add key="User" value="me" />'`],
  },
  {
    // `<entry key="password">x</entry>`.
    id: 'xml-named-element',
    hint: /(?:name|key|id)\s{0,4}=\s{0,4}["'][^"']{1,64}["'][^<>]{0,80}>/,
    pattern:
      /\b(?:key|name|id)\s{0,4}=\s{0,4}["'](?<name>[\w.-]{1,64})["'][^<>]{0,80}>\s{0,80}(?<secret>[^<\s][^<]*)(?=<\/)/gi,
    certain: false,
    redacts: [`echo '<entry key="password">«a b»</entry>' > s.xml`],
    keeps: [`echo '<entry key="user">token</entry>' > s.xml`],
  },
  {
    // Hadoop's properties and Apple's lists: a name in one element, its value in the next.
    id: 'xml-name-and-value',
    hint: /<\/(?:name|key)>/,
    pattern:
      /<(?:name|key)>\s{0,8}(?<name>[\w.-]{1,64})\s{0,8}<\/(?:name|key)>\s{0,80}<(?:value|string|data)>\s{0,80}(?<secret>[^<\s][^<]*)(?=<\/)/gi,
    certain: false,
    redacts: ["echo '<key>password</key><string>«a b»</string>' > x.plist"],
    keeps: ["echo '<key>name</key><string>token</string>' > x.plist"],
  },
  {
    id: 'debconf',
    hint: /passw/,
    pattern: /\b[\w/-]{0,80}passw(?:or)?d(?:[_-]again)?\s{1,8}password\s{1,8}(?<secret>[^\s'"]+)/g,
    certain: false,
    redacts: ["debconf-set-selections <<< 'mysql-server mysql-server/root_password password «pw»'"],
    keeps: ["echo 'root_password password'"],
  },
  {
    id: 'wifi-code',
    hint: /wifi:/,
    pattern: /\bWIFI:(?:[STHR]:[^;]{0,80};){0,4}P:(?<secret>(?:[^;\\]|\\.)+)/g,
    certain: true,
    redacts: ["qrencode 'WIFI:T:WPA;S:net;P:«a b»;;'"],
    keeps: ["qrencode 'WIFI:S:guest;T:nopass;;'"],
  },
]
