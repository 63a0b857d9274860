// Finds secrets by their form, whatever the tool: one row for each form.
import { ACCOUNT_SHAPES } from './accounts.ts'
import { FIELD_SHAPES } from './fields.ts'
import type { Shape } from './shape.ts'
import { TOKEN, TOKEN_HINT } from './tokens.ts'

export const SHAPES: readonly Shape[] = [
  {
    id: 'known-token',
    hint: TOKEN_HINT,
    pattern: TOKEN,
    certain: true,
  },
  {
    id: 'jwt',
    hint: /eyj/,
    pattern: /(?<![\w-])(?<secret>eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)/g,
    certain: true,
  },
  {
    // The address itself is the secret: anybody who knows it may write there.
    id: 'hook-address',
    hint: /hooks\.slack\.com|webhook|hooks\.zapier\.com/,
    pattern:
      /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|hooks\.zapier\.com\/hooks\/catch\/|\.tines\.com\/webhook\/|\.office\.com\/webhookb2\/|\/api\/webhooks\/\d{1,24}\/)(?<secret>[\w/@-]{16,})/g,
    certain: true,
  },
  {
    id: 'telegram-bot',
    hint: /:aa[\w-]{33}/,
    pattern: /(?<!\d)(?<secret>\d{8,12}:AA[\w-]{33,})/g,
    certain: true,
  },
  {
    // A slash counts only in a password that cannot be a port: `amqp://u:p/w@h`, not `http://h:8080/@user`.
    id: 'url-password',
    hint: /:\/\//,
    pattern:
      /:\/\/[^\s/:@?#"<>]{0,256}:(?!\d{1,5}\/)(?<secret>(?:[^\s/?#"<>]{1,256}(?=@)|[^\s"<>@]{1,256}(?=@[\w.-])))/g,
    certain: true,
  },
  {
    id: 'cvs-root',
    hint: /server:/,
    pattern: /:[pgk]?server:[^\s:@]{1,128}:(?<secret>[^\s@"']{1,256})(?=@)/g,
    certain: true,
  },
  {
    // A URL with only one part before the `@` has a token there; `git` is a common user name.
    id: 'url-token',
    hint: /https?:\/\//,
    pattern: /\bhttps?:\/\/(?!git@)(?<secret>[^\s/:@?#"'<>]{1,512})(?=@[\w[$])/gi,
    certain: true,
  },
  {
    id: 'header',
    hint: /authorization|cookie|key|token|secret|auth/,
    pattern:
      /^(?:-H|[\w.-]{1,64}=)?(?:(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy|vault|circle)-token|api-?key)\s{0,4}:|[\w-]{0,40}(?:api-?key|token|secret)\s{0,4}:\s)\s{0,4}(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?!(?:bearer|basic|token|digest)$)(?<secret>\S[^\n]*)/gim,
    certain: false,
  },
  {
    id: 'header-in-text',
    hint: /authorization|cookie|key|token|secret|auth/,
    pattern:
      /(?<![\w/-])(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy)-token)['"]?\s{0,4}:\s{0,4}['"]?(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?!(?:bearer|basic|token|digest)['"]?$)(?<secret>[^\s'"](?:[^'"\n]|(?<=[,\s][a-z]{2,12}=)"[^"\n]*"?)*)/gi,
    certain: false,
  },
  {
    id: 'url-parameter',
    hint: /[?&](?:key|[\w-]*sig(?:nature)?|code)=/,
    pattern:
      /[?&](?:(?:[\w-]{1,40}-)?sig(?:nature)?=|key=(?=[^&]{8})|code=(?=[^&]{20}))(?<secret>[^\s&'"#]+)/gi,
    certain: false,
  },
  ...FIELD_SHAPES,
  ...ACCOUNT_SHAPES,
]
