// Words that people know from other programs, and what they want is called here: for the hint of an unknown command or option.

/** By words of one meaning; by first and second word where the first is a group of commands, or by command and option. The sentence says what to use in their place. */
const SAID = {
  'pause, record, incognito':
    'To pause recording in one shell: export KARO_PAUSE=1 (fish: set -gx KARO_PAUSE 1), until you unset it.',
  resume: 'To continue recording in a shell: unset KARO_PAUSE (fish: set -e KARO_PAUSE).',
  'health, healthcheck':
    'karo doctor checks this node, karo query health the mesh; karo status --json has health.ready for a monitor.',
  ignore: "karo config set history.ignore '+pass *' leaves such commands out.",
  sync: 'On another machine of yours: ssh HOST karo export | karo import -. A mesh carries numbers, no commands.',
  'update, upgrade': 'Install the newer package over this one; karo status says which build the node runs.',
  'vault, secret get': 'karo secret show <name> --reveal shows its value; karo help secret.',
  'off, guard off, guard on, guard profile':
    'karo config set guard.profile off turns the guard off; strict, moderate and permissive turn it on.',
  'peers untrust': 'karo peers revoke withdraws trust.',
  'peers rename': 'karo peers trust <node> --name <name> says what you call it.',
  'history --after': 'Use --since.',
  'history --before': 'Use --until.',
  'history delete --until': 'Use --before.',
  'query --csv, query --format': 'jq makes CSV of --json; karo report --out numbers.csv has totals as CSV.',
}

export const OTHER_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries(SAID).flatMap(([words, hint]) => words.split(', ').map((word) => [word, hint] as const)),
)

/** Commands, each with the words that people type for it. */
export const CALLED = {
  up: 'start restart',
  stop: 'restart shutdown',
  'shell install': 'install',
  'service install': 'start install',
  history: 'search find list last',
  'history delete': 'delete remove forget prune purge',
  anomalies: 'alerts insights',
  'memory add': 'note notes',
  'approvals list': 'request requests',
  status: 'info',
  events: 'monitor',
  'logs tail': 'monitor log',
  'config list': 'settings',
  'identity rotate': 'key keys keygen rotate',
  peers: 'members nodes machines hosts devices device',
  'peers trust': 'pair',
  'peers revoke': 'forget force-leave kick ban lock',
  'ca assign': 'tags labels role roles',
  'operator list': 'user users',
  'operator revoke': 'lock',
  join: 'register enroll',
}

/** The commands that `word` may mean; none for a word that nobody is known to use. */
export const calledSo = (word: string): readonly string[] =>
  Object.entries(CALLED).flatMap(([command, words]) => (words.split(' ').includes(word) ? [command] : []))
