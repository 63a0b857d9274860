// karo token: makes, lists and revokes tokens for the REST API, and shows and ends browser sessions.
import { TOKEN_SCOPES } from '../../../api/contract/constants.ts'
import * as api from '../../../api/contract/operations/tokens.ts'
import { atHome, defineCommand, duration, lasting, localTime, printJson, table, usage } from '../../kit.ts'

const create = defineCommand('token create', {
  summary: 'make a token for the REST API on 127.0.0.1; it is shown only once',
  shows: api.createToken,
  options: {
    name: { value: 'name', description: 'a name of letters, digits, . _ -' },
    ttl: {
      value: 'duration',
      reads: lasting('1m', '366d'),
      description: 'how long it is valid, at most 366d',
      default: '30d',
    },
    scope: {
      value: 'scope',
      description:
        'what the token permits: metrics; read: everything that only reads; ask: questions to the mesh; full: everything that you may do; each scope includes those before it',
      choices: TOKEN_SCOPES,
      default: 'read',
    },
  },
  examples: {
    'karo token create --scope metrics --name prometheus --ttl 366d': 'for a scraper',
    'TOKEN=$(karo token create --ttl 1h)': 'for a script; only the token is on stdout',
  },
  async run(io, { options }) {
    const wanted = { scope: options.scope, ttl_ms: options.ttl, name: options.name || undefined }
    const made = await io.call(api.createToken, { body: wanted })
    if (io.json) return printJson(io, made)
    io.out(`${made.token}\n`)
    io.err(
      `Scope ${made.scope}, until ${localTime(made.expires_at)}. It is not shown again; \`${atHome('karo token revoke', io)} ${made.name}\` ends it.\n`,
    )
    if (!made.http.enabled) {
      io.err('It cannot be used yet: the API of this node on 127.0.0.1 is switched off (http.enabled).\n')
    } else if (made.http.listen === null) {
      io.err('It cannot be used now: the API does not listen on 127.0.0.1. karo status  shows why.\n')
    }
  },
})

const list = defineCommand('token list', {
  summary: 'list your valid tokens, and when each was last used',
  shows: api.getTokens,
  view: ({ tokens }, io) =>
    table(
      io,
      tokens,
      {
        ID: 'id',
        NAME: ({ id, name }) => (name === id ? '–' : name),
        SCOPE: 'scope',
        'ENDS IN': ({ expires_at }) => duration(Math.max(0, Date.parse(expires_at) - Date.now())),
        'LAST USED': ({ last_used_at }) => (last_used_at === null ? 'never' : localTime(last_used_at)),
      },
      'No tokens. karo token create  makes one.\n',
    ),
})

const revoke = defineCommand('token revoke', {
  summary: 'revoke one of your tokens at once, and end the sessions that it opened',
  shows: api.revokeToken,
  args: {
    token: {
      // A person may paste the whole token, of which only the id is sent.
      reads: (which: string) => /^karo_([0-9a-f]{10})_/.exec(which)?.[1] ?? which,
      description: 'name or id of the token, see karo token list',
      completes: 'token:list:name',
    },
  },
  view: ({ name }) => `Revoked ${name}.\n`,
})

const sessions = defineCommand('token sessions', {
  summary: 'list your browser sessions, and when each was last used',
  shows: api.getSessions,
  view: ({ sessions: open }, io) =>
    table(
      io,
      open,
      {
        SESSION: ({ session }) => String(session),
        SCOPE: 'scope',
        TOKEN: 'token',
        OPENED: 'opened_at',
        'LAST USED': 'last_used_at',
      },
      'No session is open in a browser.\n',
    ),
})

const end = defineCommand('token end', {
  summary: 'end your browser sessions at once, all of them or one',
  shows: api.endSessions,
  args: {
    session: {
      optional: true,
      reads(text: string, where: string) {
        if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
        throw usage(`'${text}' is not the number of a session`, where, 'karo token sessions shows them.')
      },
      description: 'number of the session, see karo token sessions',
      completes: 'token:sessions:session',
    },
  },
  view: ({ ended }) =>
    ended === 0 ? 'No session was open.\n' : `Ended ${ended === 1 ? '1 session' : `${ended} sessions`}.\n`,
})

export const commands = [create, list, revoke, sessions, end]
