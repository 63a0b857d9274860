// Tells where editors of configurations and stores of keys and values take the value of a name that announces a secret.
import type { ToolRule } from './rule.ts'

export const STORE_TOOLS: readonly ToolRule[] = [
  { tools: 'crudini openstack-config', after: /(?:pass\w*|secret|token|key)$/i, last: /^--set$/, between: 3 },
  { tools: 'xmlstarlet dasel', after: /(?:passw|secret|token)/i, secret: 'v' },
  {
    tools: 'uci',
    after: /^set$/,
    word: /^[\w.@[\]-]{1,80}\.(?:key\d?|password|psk|sae_password)=(?<secret>.+)$/ds,
  },
  { tools: 'ConvertTo-SecureString', last: /^ConvertTo-SecureString$/, unless: /^\$/ },
  { tools: 'sshpass curl', substituted: 'fK' },
  { tools: 'chamber', last: /^write$/, between: 2, next: true },
  { tools: 'keyctl', last: /^p?add$/, between: 2, next: true },
  { tools: 'keyctl', last: /^update$/, between: 1 },
  { tools: 'op', word: /^[\w. -]{1,64}\[(?:concealed|password)\]=(?<secret>.+)$/ds },
  { tools: 'bw rbw', secretLong: 'session' },
  {
    tools: 'doppler travis buildkite-agent glab dotnet railway',
    after: /^(?:secrets?|variable|env|user-secrets)$/,
    last: /^set$/,
    between: 1,
    next: true,
    unless: /=/,
  },
  { tools: 'glab gh', after: /^variable$/, secret: 'v', secretLong: 'value' },
  { tools: 'netlify ntl', last: /^env:set$/, between: 1, next: true },
  { tools: 'supabase infisical railway', after: /^(?:secrets?|variables)$/, assigns: true },
  { tools: 'eas drone', after: /^secret/, secretLong: 'value data' },
  {
    tools: 'aws',
    after: /^(?:--type=SecureString|(?:--name=)?\S*(?:password|passwd|secret|token|api-?key))$/i,
    secretLong: 'value',
  },
  { tools: 'az', keys: '--secure-environment-variables' },
  { tools: 'gcloud', last: /^activate-refresh-token$/, between: 1 },
  {
    tools: 'kubectl oc gcloud docker',
    after: /^(?:secrets?|config)$/,
    files: '--from-file --data-file --from-env-file',
  },
  { tools: 'sops', last: /^set$/, between: 2 },
  { tools: 'vault', secretLong: 'id', after: /^token$/ },
  { tools: 'etcdctl', after: /^user$/, word: /^[\w.-]{1,64}:(?!\d{1,5}$)(?<secret>[^\s/:]+)$/d },
  { tools: 'mc', after: /^(?:alias|config)$/, last: /^(?:set|add)$/, between: 3, next: true },
  { tools: 'mc', after: /^user$/, last: /^add$/, between: 2 },
]
