/** What the command line takes. */

export const usage = `concurrent-futures host: runs the calls of ClusterExecutors on this machine

  npx concurrent-futures host --redis <url> --queue <name> --workers <n>

  --redis <url>      redis://user:password@host:6379/0, or rediss:// for TLS.
                     Default: the environment variable REDIS_URL, or redis://127.0.0.1:6379
  --queue <name>     the queue to take calls from. Default: default
  --workers <n>      how many calls run at a time. Default: as many as there are cores
  --processes        workers are processes, not threads
  --name <name>      what errors and logs call this host; no two of a queue may have
                     one name. Default: host name and process id
  --root <folder>    where the paths of modules start. Default: the current folder
  --allow <glob>     modules that calls may name: 'src/jobs/**', 'package:@acme/**',
                     'node:crypto', 'global:URL.canParse'. May be given several times.
                     Default: files below the root, and installed packages
  --allow-code       runs functions that come with a call, closures for example.
                     Whoever can write to this Redis then runs what he likes here
  --lease <ms>       without a sign of life for so long, this host loses its calls.
                     Default: what submitters have set, or 15000
  --max-tasks-per-child <n>
                     replaces a worker after so many calls. Default: never
  --initializer <module#export>
                     what each worker runs before its first call: 'src/setup.js#connect'
  --memory <MiB>     how large the heap of each worker may become; not with --processes
  --secret-file <f>  what is in this file is the secret that calls have to be signed
                     with; may be given several times: the first signs, all are
                     believed. Default: the environment variable CF_SECRET
  --json             one JSON object a line instead of text
  --help

SIGTERM or SIGINT: takes no more calls, waits for those that run, and ends; a second
one does not wait. Exit codes: 0 ended in order, 1 something unforeseen, 2 wrong
arguments, 3 Redis can't be used, 4 the name is taken, 5 workers can't be started,
6 ended with calls under way, which other hosts run again.

concurrent-futures hosts: lists the hosts that serve a queue

  npx concurrent-futures hosts --redis <url> --queue <name>

  --redis, --queue, --secret-file, --json, --help as above`;
