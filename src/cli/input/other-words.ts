// Words that people know from other programs, and what they want is called here: for the hint of an unknown command.

/** By words of one meaning; by first and second word where the first is a group of commands. The sentence says what to use in their place. */
const SAID = {
  start: 'karo up runs the node; karo service install keeps it running.',
  pause:
    'To pause recording in one shell: export KARO_PAUSE=1 (fish: set -gx KARO_PAUSE 1), until you unset it.',
  resume: 'To continue recording in a shell: unset KARO_PAUSE (fish: set -e KARO_PAUSE).',
  install: 'karo shell install adds the hook to your shell; karo service install keeps the node running.',
  uninstall:
    'karo shell uninstall takes the hook out of your shell, and says how to remove what was recorded; sudo apt remove karo removes the package.',
  'update, upgrade': 'Install the newer package over this one; karo status says which build the node runs.',
  vault: 'karo secret keeps secrets for you and for agents: karo help secret.',
  'note, notes': 'karo memory keeps notes: karo help memory.',
  restart: 'karo stop ends the node, karo up --background starts it.',
  alerts: 'karo anomalies shows what is unusual, karo guard what it stopped.',
  'delete, remove': 'karo history delete removes what you ran.',
  forget: 'karo history delete removes what you ran; karo peers revoke ends trust in a machine.',
  'off, guard off, guard on, guard profile':
    'karo config set guard.profile off turns the guard off (export KARO_GUARD_PROFILE=off in one shell); strict, moderate and permissive turn it on.',
  'secret get': 'karo secret show <name> --reveal shows its value.',
  insights: 'karo anomalies shows what is unusual.',
  pair: 'karo peers trust, on both machines.',
  'peers untrust': 'karo peers revoke withdraws trust.',
  'peers rename': 'karo peers trust <node> --name <name> says what you call it.',
  undo: 'karo import undo takes an import out again.',
  'search, find': 'karo history <words> searches the commands you ran.',
}

export const OTHER_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries(SAID).flatMap(([words, hint]) => words.split(', ').map((word) => [word, hint] as const)),
)
