/** The help text of the command line. */

export const usage = `concurrent-futures host: runs the calls of ClusterExecutors on this machine

  npx concurrent-futures host --redis <url> --queue <name> --workers <n>

  --redis <url>      redis://user:password@host:6379/0, or rediss:// for TLS.
                     Default: the environment variable REDIS_URL, or redis://127.0.0.1:6379
  --queue <name>     the queue to take calls from. Default: default
  --workers <n>      number of calls that run at a time. Default: the number of cores
  --processes        workers are processes, not threads
  --name <name>      the name of this host in errors and logs; unique in its queue.
                     Default: host name and process id
  --root <folder>    the folder to which paths of modules are relative.
                     Default: the current folder
  --allow <glob>     modules that calls may name: 'src/jobs/**', 'package:@acme/**',
                     'node:crypto', 'global:URL.canParse'. May be given several times.
                     Default: files below the root, and installed packages
  --allow-code       runs functions that come with a call, closures for example.
                     Anybody who can write to this Redis can then run any code here
  --lease <ms>       this host loses its calls after so long without a sign of life.
                     Default: the setting of the submitters, or 15000
  --max-tasks-per-child <n>
                     replaces a worker after so many calls. Default: never
  --initializer <module#export>
                     a function that each worker runs before its first call:
                     'src/setup.js#connect'
  --memory <MiB>     maximum heap of each worker; not with --processes
  --secret-file <f>  a file with the secret that calls have to be signed with. May be
                     given several times: the first signs, all are accepted.
                     Default: the environment variable CF_SECRET
  --json             one JSON object a line instead of text
  --help

SIGTERM or SIGINT: the host takes no more calls, waits for running ones, and ends; a
second signal ends it without waiting. Exit codes: 0 ended in order, 1 something
unforeseen, 2 wrong arguments, 3 Redis can't be used, 4 the name is taken, 5 workers
can't be started, 6 ended with calls under way, which other hosts run again.

concurrent-futures hosts: lists the hosts that serve a queue

  npx concurrent-futures hosts --redis <url> --queue <name>

  --redis, --queue, --secret-file, --json, --help as above`;
