// Finds secrets in fields of data and of other languages, in the syntax of each: JSON, YAML, XML, TOML and more.
import type { Shape } from './shape.ts'

export const FIELD_SHAPES: readonly Shape[] = [
  {
    id: 'json-string',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}"(?<secret>(?:[^"\\]|\\[\s\S])+)/g,
  },
  {
    id: 'json-single-quoted',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}'(?<secret>[^']+)/g,
  },
  {
    id: 'json-bare',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}(?<secret>[\w.+-]+)/g,
  },
  {
    id: 'yaml-field',
    hint: /:[ \t]/,
    pattern: /^[ \t-]{0,80}(?<name>[\w.-]{1,64}):[ \t]{1,80}(?![|>][+-]?\d?[ \t]*$)(?<secret>[^\s#][^\n]*)/gm,
  },
  {
    id: 'yaml-block',
    hint: /:[ \t]{1,8}[|>]/,
    pattern:
      /^[ \t-]{0,80}(?<name>[\w.-]{1,64}):[ \t]{1,8}[|>][+-]?\d?[ \t]{0,8}\n(?<indent>[ \t]{1,80})(?<secret>[^\n]+(?:\n\k<indent>[^\n]*)*)/gm,
  },
  {
    // Kubernetes, Compose and CI services keep variables as lists of names and values.
    id: 'yaml-named-value',
    hint: /value:/,
    pattern:
      /\b(?:name|key):[ \t]{0,8}["']?(?<name>[\w.-]{1,64})["']?[ \t]{0,8}\n[ \t]{0,80}value:[ \t]{0,8}["']?(?<secret>[^\s"'][^"'\n]*)/g,
  },
  {
    id: 'json-named-value',
    hint: /value["']?\s{0,8}[:=]/,
    pattern:
      /\b(?:name|\w{0,20}key|id|variable)["']?\s{0,8}[:=]\s{0,8}["']?(?<name>[\w.-]{1,64})["']?\s{0,8},\s{0,8}["']?\w{0,20}value["']?\s{0,8}[:=]\s{0,8}["']?(?<secret>(?<=")[^"]+|(?<=')[^']+|(?<==)[^\s"',}]+)/gi,
  },
  {
    // TOML, HCL, INI, make, jq and yq: a name, blanks and a value.
    id: 'spaced-assignment',
    hint: /[\w"'\]][ \t]{1,8}[:?+!.]{0,3}=[ \t]/,
    pattern:
      /(?<![\w.-])(?<name>[\w.-]{1,64})[ \t]{1,8}(?::{1,3}|[?+!.])?=[ \t]{1,8}"?(?<secret>(?<=")[^"\n]+|(?<=\s)[^\s"'$?%={}()[\]|;,][^\s"']*)/g,
  },
  {
    // `auths` in Docker's configuration: base 64 of `user:password`.
    id: 'docker-configuration',
    hint: /"auths"/,
    pattern: /"auth"\s{0,8}:\s{0,8}"(?<secret>[A-Za-z0-9+/=]+)/g,
    certain: true,
  },
  {
    id: 'yaml-in-sed',
    hint: /\/[\w.-]+:[ \t]/,
    pattern: /(?<=\/)(?<name>[\w.-]{1,64}):[ \t]{1,8}(?<secret>[^\s/.$\\][^\n/]*)/g,
  },
  {
    id: 'json-path',
    hint: /"\][ \t]{1,8}"/,
    pattern: /\["(?<name>[\w.-]{1,64})"\][ \t]{1,8}"(?<secret>[^"\n]+)/g,
  },
  {
    // JSON Web Keys (RFC 7517); the private part is named `d` (RFC 8037).
    id: 'json-web-key',
    hint: /"kty"/,
    pattern: /"d"\s{0,8}:\s{0,8}"(?<secret>[\w-]{40,})/g,
    certain: true,
  },
  {
    id: 'xml-element',
    hint: /<\//,
    pattern: /<(?<name>[\w.-]{1,64})>\s{0,80}(?<secret>[^<\s][^<]*)(?=<\/)/g,
  },
  {
    id: 'xml-attributes',
    hint: /value\s{0,4}=/,
    pattern:
      /\b(?:key|name)\s{0,4}=\s{0,4}["'](?<name>[\w.-]{1,64})["']\s{1,8}value\s{0,4}=\s{0,4}["'](?<secret>[^"'\n]+)/gi,
  },
  {
    // An XML element whose attribute has the name: `<entry key="password">x</entry>`.
    id: 'xml-named-element',
    hint: /(?:name|key|id)\s{0,4}=\s{0,4}["'][^"']{1,64}["'][^<>]{0,80}>/,
    pattern:
      /\b(?:key|name|id)\s{0,4}=\s{0,4}["'](?<name>[\w.-]{1,64})["'][^<>]{0,80}>\s{0,80}(?<secret>[^<\s][^<]*)(?=<\/)/gi,
  },
  {
    // Properties of Hadoop and lists of Apple: the name is in one element, the value in the next.
    id: 'xml-name-and-value',
    hint: /<\/(?:name|key)>/,
    pattern:
      /<(?:name|key)>\s{0,8}(?<name>[\w.-]{1,64})\s{0,8}<\/(?:name|key)>\s{0,80}<(?:value|string|data)>\s{0,80}(?<secret>[^<\s][^<]*)(?=<\/)/gi,
  },
  {
    id: 'debconf',
    hint: /passw/,
    pattern: /\b[\w/-]{0,80}passw(?:or)?d(?:[_-]again)?\s{1,8}password\s{1,8}(?<secret>[^\s'"]+)/g,
  },
  {
    id: 'wifi-code',
    hint: /wifi:/,
    pattern: /\bWIFI:(?:[STHR]:[^;]{0,80};){0,4}P:(?<secret>(?:[^;\\]|\\.)+)/g,
    certain: true,
  },
]
