/** Bounds on requests. */
export interface GatewayLimits {
  /** Longest path with its query, in bytes: PostgREST and Postgres compute for seconds over long ones. @default 2048 */
  readonly urlBytes: number;
  /** Longest header line, in bytes. @default 8192 */
  readonly headerBytes: number;
  /** Largest body. @default 1024 */
  readonly bodyKilobytes: number;
  /** Largest body of a call of a function. @default `bodyKilobytes`; 128 for PostgREST with hints, 2 before 12.2 */
  readonly rpcBodyKilobytes: number;
  /** Requests of one address at a time. @default 100 */
  readonly connectionsPerAddress: number;
  /** Requests of one address in a second; twice as many at once. @default 200 */
  readonly requestsPerSecondPerAddress: number;
  /** Requests with one token in a second; twice as many at once. @default 100 */
  readonly requestsPerSecondPerToken: number;
}

/** Times after which the gateway gives up. */
export interface GatewayTimeouts {
  /** Time in which a client has to send all headers. @default 10 */
  readonly headerSeconds: number;
  /** Time between two parts of a body. @default 10 */
  readonly bodySeconds: number;
  /** Time between two parts of an answer that a client takes. @default 10 */
  readonly sendSeconds: number;
  /** Time that a connection without a request stays open. @default 60 */
  readonly idleSeconds: number;
  /** Time in which a server has to answer. @default 20 */
  readonly answerSeconds: number;
}

/** Behaviour of the gateway, wherever it runs. */
export interface GatewayInput {
  /** Host names that it answers for; requests for others get 421. @default any */
  readonly hosts?: readonly string[];
  /**
   * Addresses and networks, such as `10.0.0.0/8`, of proxies in front of the gateway that say who the client is.
   * @default none: the client is the one that connects, and forwarding headers of clients are overwritten
   */
  readonly trustedProxies?: readonly string[];
  /** True if the trusted proxies send the PROXY protocol, instead of `X-Forwarded-For`. @default false */
  readonly proxyProtocol?: boolean;
  /** Lifetime of `Strict-Transport-Security`; 0 for none. @default a year */
  readonly strictTransportSecuritySeconds?: number;
  readonly limits?: Partial<GatewayLimits>;
  readonly timeouts?: Partial<GatewayTimeouts>;
  /** True rejects `Prefer: count=planned` and `count=estimated`, which tell of rows that policies hide. @default false */
  readonly rejectCountEstimates?: boolean;
  /** True leaves queries out of the logs. @default false */
  readonly hideQueries?: boolean;
}

/** The checked input with its defaults. */
export interface Gateway extends Required<Omit<GatewayInput, 'limits' | 'timeouts'>> {
  readonly limits: GatewayLimits;
  readonly timeouts: GatewayTimeouts;
}

/** Host and port of a server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Servers that the gateway stands in front of, and where it runs itself. */
export interface GatewayPlaces {
  /** nginx's version: some directives are newer than others. @default the one of the package's default image */
  readonly nginxVersion?: string;
  /** Servers of the API. */
  readonly servers: readonly ServerAddress[];
  /** Servers of the API that only read, and get all `GET` and `HEAD` requests; where none answers, `servers` do. @default none */
  readonly readers?: readonly ServerAddress[];
  /** Path of a file with all servers, from `upstreamsFile`. @default they are in the configuration */
  readonly upstreamsFile?: string;
  /** Origins whose pages may use the API, as declared. */
  readonly corsAllowedOrigins: '*' | readonly string[];
  /** A token service behind the same gateway, reached at the path or the host of its issuer. @default none */
  readonly tokenService?: ServerAddress & {
    readonly issuer: string;
    /** Name and certificates (path, PEM) by which the gateway knows the service over TLS. @default plain HTTP */
    readonly tls?: { readonly name: string; readonly trusted: string };
  };
  /** An opener of encrypted tokens, which sees the token of each request of the API first. @default none */
  readonly opener?: ServerAddress;
  /** @default every IPv4 address of the machine */
  readonly listenAddress?: string;
  /** True listens at every IPv6 address as well, unless `listenAddress` is given. @default false */
  readonly ipv6?: boolean;
  readonly port: number;
  /** Port of health, figures and fingerprint, for the machine itself. */
  readonly statusPort: number;
  /** Path of a file with key and certificates, PEM. @default plain HTTP */
  readonly certificate?: string;
  /** True if the certificate is one that signed itself: browsers must not insist on it. @default false */
  readonly isSelfSigned?: boolean;
  /** Where plain HTTP is redirected from, and the port of the address that it is redirected to. @default nowhere */
  readonly redirect?: { readonly port: number; readonly to: number };
  /** DNS server that host names are looked up with, again and again. @default once, at the start */
  readonly resolver?: string;
  /** Directory for temporary files and the process id. */
  readonly temporary: string;
  readonly accessLog: string;
  readonly errorLog: string;
  /** Processes that serve. @default 1 */
  readonly workers?: number;
  /** Text that changes with the certificate; the gateway says which configuration it runs with. @default none */
  readonly fingerprint?: string;
}
