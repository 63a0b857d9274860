// Tells requests that only want to see something from those that want a change, and commands that change something.

/** Words of a request that only looks. */
const LOOKS =
  /^\W*(?:please |can you |could you |recursively |i (?:want|need|would like) to |how (?:do|can|could|would|should) (?:i|you|we) |how to )*(?:show|list|print|display|find|search|count|view|see|get|give|look|locate|report|output|check|calculate|compare|return|who|what|which|where|when|how (?:many|much|long|big|full|old)|is|are|does|do|tell)/i
/** Verbs of a request that also wants a change, in any of their forms. */
const WANTS =
  /\b(?:(?:delet|remov|eras|purg|mov|renam|chang|replac|substitut|terminat|execut|creat|mak|writ|sav|stor|archiv|overwrit|restor|merg|wip|giv|tak|rebas|updat|upgrad|resiz|generat|schedul)(?:e|es|ing)|(?:kill|restart|zip|assign|add|append|insert|redirect|clean|unlink|compress|install|uninstall|format|mount|unmount|convert|edit|download|upload|send|sync|extract|unpack|touch|undo|revert|discard|reset|switch|commit|push|pull|drop|shut|reboot|burn|flash|boot|turn|split|join|rm|mv|cp|chmod|chown|chgrp|run|set|put|free|truncat|checkout|swap|concatenat)(?:s|es|ing|ting|ping)?|cop(?:y|ies|ying)|stop(?:s|ping)?|start(?:s|ing)?(?! (?:with|by|from|at|in)\b)|modif(?:y|ies|ying)|enabl(?:e|es)|disabl(?:e|es)|get rid|empty (?:the|my)|check out|log out|output (?:it |them |the results? )?(?:in)?to|symlink|into|to (?:the )?file)\b/i

const CHANGES =
  /(?:^|[|;&(]\s*|\b(?:sudo|then|do|else) |-exec (?:sh -c ')?|xargs (?:-\S+ )*)(?:rm|rmdir|unlink|mv|cp|ln|mkdir|touch|chmod|chown|chgrp|kill|pkill|killall|dd|truncate|shred|mkfs\S*|install|tee|gzip|gunzip|bzip2|xz|zip|unzip|rename|useradd|userdel|usermod|adduser|deluser|passwd|groupadd|crontab -[re]|reboot|shutdown|poweroff|mount (?=\S)|umount|(?:apt|apt-get|yum|dnf|brew|snap|pip|npm) (?:install|remove|upgrade|update|purge|uninstall|autoremove)|git (?:commit|push|pull|reset|checkout|switch|add|merge|rebase|cherry-pick|revert|clean|rm|restore|init|clone|stash(?! (?:list|show))|branch -[dDmM]|tag \S)|docker (?:rm|rmi|run|stop|start|restart|kill|build|pull|push|prune|system prune|image prune|compose (?:up|down))|systemctl (?:start|stop|restart|reload|enable|disable|mask|daemon-reload)|kubectl (?:apply|delete|scale|edit|create|rollout (?:restart|undo)))\b|\s-delete\b|\bsed (?:-\w+ )*-\w*i\b|\btar -?[a-z]*[cx]|(?<![<>&\d=-])>{1,2}(?![&(=]|\s*\/dev\/null)/

/** Whether the request asks to see something and for nothing else. */
export const onlyLooks = (request: string): boolean =>
  LOOKS.test(request) && !WANTS.test(request.replace(LOOKS, ''))

/** Whether the command changes, ends or writes something. */
export const changesSomething = (command: string): boolean => CHANGES.test(command)
