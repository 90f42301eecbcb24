/** What the tests know of `redis.mjs`. */

export interface RedisOptions {
  /** Further lines of its configuration; they win over our own. */
  readonly config?: readonly string[];
  /** Certificate and private key, as PEM: it speaks TLS then, and nothing else. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** It keeps no data, and watches the servers that `config` names. */
  readonly sentinel?: boolean;
  /** Its folder is in memory, where there is such a place. */
  readonly inMemory?: boolean;
}

export interface RedisServer {
  /** Without the credentials that `config` may ask for. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number | undefined;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function findRedisServer(options?: { install?: boolean }): Promise<string | undefined>;
export function randomPort(): number;
export function startRedis(program: string, options?: RedisOptions): Promise<RedisServer>;
