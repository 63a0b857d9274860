// Tells whether an answer changes something although the request only wants to see something.

/** Requests that only want to see something, by their first word. */
const SHOWS =
  /^\W*(?:show|list|print|display|find|search|count|view|who|what|which|how (?:many|much)|report|output|look|get)\b/i
const ALSO_ACTS =
  /\b(?:and|then|to|,) (?:\w+ )?(?:delet|remov|mov|cop|renam|chang|replac|kill|execut|run|creat|writ|sav|compress|archiv|zip|set|add|append|tar)|\b(?:redirect|output to|delet|remov|replac|overwrit|unlink|purg|kill|renam|mov(?:e|ing)|cop(?:y|ies)|chmod|chown|chang(?:e|ing)|updat|append|sav|writ(?:e|ing) to|execut|run)/i
const CHANGES =
  /(?:^|[|;&(]\s*|sudo |-exec (?:sh -c ')?|xargs (?:-\S+ )*)(?:rm|rmdir|mv|cp|ln|mkdir|touch|chmod|chown|chgrp|kill|pkill|killall|dd|truncate|shred|mkfs\S*|tee|useradd|userdel|usermod|passwd|reboot|shutdown|apt(?:-get)? (?:install|remove|upgrade)|git (?:commit|push|reset|checkout|add|merge|rebase|stash$|clean)|docker (?:rm|run|stop|start|restart|kill)|systemctl (?:start|stop|restart|enable|disable))\b|-delete\b|\bsed (?:-\w+ )*-i|\bsed -\w*i\b|(?<![<>&\d])>(?![&(]|\s*\/dev\/null)/

/** Whether a command changes something, as far as its words tell. */
export const changes = (command: string): boolean => CHANGES.test(command)

/** Whether the command changes something, and the words ask for nothing but to see something. */
export const actsUnasked = (words: string, command: string): boolean =>
  SHOWS.test(words) && !ALSO_ACTS.test(words) && changes(command)
