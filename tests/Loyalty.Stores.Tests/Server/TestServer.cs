using System.Diagnostics;
using Loyalty.Postgres.Migrations;
using Npgsql;

namespace Loyalty.Tests.Stores.Server;

/// <summary>
/// A PostgreSQL server to test on: the one that LOYALTY_TEST_POSTGRES names, or a throw-away cluster from the server binaries on the machine
/// (LOYALTY_TEST_POSTGRES_BIN, PATH, /usr/lib/postgresql). It is stopped and removed at the end, also when the tests fail or are killed.
/// </summary>
public sealed class TestServer : IDisposable
{
    public const string AppRole = "loyalty_test_app";

    // The shell outlives the tests by a moment: the end of its input, however the test process ended, makes it stop and remove everything.
    private const string Script =
        """
        dir="$1"; bin="$2"; shift 2
        trap '' INT TERM HUP
        cd "$dir"
        if ! "$bin/initdb" -D "$dir/data" -A trust -E UTF8 --locale=C -U postgres --no-sync >"$dir/initdb.log" 2>&1; then
            cat "$dir/initdb.log" >&2; rm -rf "$dir"; exit 1
        fi
        "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c unix_socket_permissions=0777 "$@" >"$dir/server.log" 2>&1 &
        pid=$!
        while read -r line; do
            case "$line" in
                crash) kill -QUIT $pid; wait $pid; "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c unix_socket_permissions=0777 "$@" >>"$dir/server.log" 2>&1 & pid=$! ;;
            esac
        done
        kill -QUIT $pid
        wait $pid
        rm -rf "$dir"
        """;

    private readonly Process? _keeper;
    private readonly string _admin;
    private readonly Lazy<string> _template;
    private readonly Lock _lock = new();
    private readonly string[] _workers = [];
    private readonly List<string> _databases = [];
    private int _next;

    public TestServer()
        : this(fsync: false)
    {
    }

    /// <summary>Starts a server.</summary>
    /// <param name="fsync">Whether it writes through to the disk, as crash tests and honest benchmarks need.</param>
    /// <param name="settings">More settings, such as <c>max_wal_size=4GB</c>.</param>
    internal TestServer(bool fsync, params string[] settings)
    {
        _template = new Lazy<string>(CreateTemplate);
        if (!fsync && Environment.GetEnvironmentVariable("LOYALTY_TEST_POSTGRES") is { Length: > 0 } given)
        {
            _admin = new NpgsqlConnectionStringBuilder(given) { Pooling = false, IncludeErrorDetail = true }.ConnectionString;
            _workers = (Environment.GetEnvironmentVariable("LOYALTY_TEST_CITUS") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        else
        {
            (_keeper, Directory) = Start(fsync, settings);
            _admin = new NpgsqlConnectionStringBuilder
            {
                Host = Directory,
                Username = "postgres",
                Database = "postgres",
                Pooling = false,
                IncludeErrorDetail = true,
            }.ConnectionString;
        }

        WaitUntilReady();
        foreach (var node in Nodes())
        {
            Execute(
                node,
                $"""
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loyalty_app') THEN CREATE ROLE loyalty_app NOLOGIN; END IF;
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{AppRole}') THEN CREATE ROLE {AppRole} LOGIN PASSWORD '{AppRole}' IN ROLE loyalty_app; END IF;
                END $$
                """);
        }
    }

    /// <summary>Where the throw-away server keeps its socket; empty for a given server.</summary>
    public string Directory { get; } = string.Empty;

    public bool IsThrowAway => _keeper is not null;

    public int Port => new NpgsqlConnectionStringBuilder(_admin).Port;

    /// <summary>The connection string of the owner for the server's own database.</summary>
    public string Admin => _admin;

    /// <summary>A database of its own, migrated, for one test class.</summary>
    public TestDatabase CreateDatabase()
    {
        var name = NewName();
        lock (_lock)
        {
            if (_workers.Length > 0)
            {
                CreateDistributed(name);
            }
            else
            {
                Execute(_admin, $"CREATE DATABASE {name} TEMPLATE {_template.Value}");
            }
        }

        return new TestDatabase(this, name);
    }

    /// <summary>A database with the same rows as another one, which nobody uses at the moment.</summary>
    public TestDatabase CopyDatabase(TestDatabase database)
    {
        var name = NewName();
        lock (_lock)
        {
            Execute(_admin, $"CREATE DATABASE {name} TEMPLATE {database.Name}");
        }

        return new TestDatabase(this, name);
    }

    /// <summary>A database without any table.</summary>
    public TestDatabase CreateEmptyDatabase()
    {
        var name = NewName();
        lock (_lock)
        {
            Execute(_admin, $"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        }

        return new TestDatabase(this, name);
    }

    /// <summary>Ends the server as a loss of power would, and starts it again.</summary>
    public void Crash()
    {
        var before = StartedAt();
        _keeper!.StandardInput.WriteLine("crash");
        _keeper.StandardInput.Flush();

        // The old server may answer for a moment yet.
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (StartedAt() != before)
                {
                    return;
                }
            }
            catch (NpgsqlException) when (clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                // It is down, or recovering.
            }

            Thread.Sleep(20);
        }
    }

    public void Drop(string database)
    {
        lock (_lock)
        {
            if (_databases.Remove(database))
            {
                foreach (var node in Nodes())
                {
                    Execute(node, $"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
                }
            }
        }
    }

    public void Dispose()
    {
        if (_keeper is null)
        {
            foreach (var database in _databases.ToArray())
            {
                Drop(database);
            }

            return;
        }

        NpgsqlConnection.ClearAllPools();
        _keeper.StandardInput.Close();
        _keeper.WaitForExit(20_000);
        _keeper.Dispose();
    }

    internal static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private DateTime StartedAt()
    {
        using var connection = new NpgsqlConnection(_admin);
        connection.Open();
        using var command = new NpgsqlCommand("SELECT pg_postmaster_start_time()", connection);
        return (DateTime)command.ExecuteScalar()!;
    }

    private string NewName()
    {
        lock (_lock)
        {
            var name = $"loyalty_test_{Environment.ProcessId}_{++_next}";
            _databases.Add(name);
            return name;
        }
    }

    private string CreateTemplate()
    {
        var name = NewName();
        Execute(_admin, $"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_admin) { Database = name }.ConnectionString);
        new Migrator(source).MigrateAsync().AsTask().GetAwaiter().GetResult();
        return name;
    }

    // The coordinator that LOYALTY_TEST_POSTGRES names, and the workers: ports on the same host, as LOYALTY_TEST_CITUS lists them.
    private IEnumerable<string> Nodes() =>
        [_admin, .. _workers.Select(w => new NpgsqlConnectionStringBuilder(_admin) { Port = int.Parse(w, System.Globalization.CultureInfo.InvariantCulture) }.ConnectionString)];

    /// <summary>A database of a cluster, its tables distributed; few shards, because every one is made for every test.</summary>
    private void CreateDistributed(string name)
    {
        foreach (var node in Nodes())
        {
            Execute(node, $"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
            Execute(new NpgsqlConnectionStringBuilder(node) { Database = name }.ConnectionString, "CREATE EXTENSION citus");
        }

        Execute(_admin, $"ALTER DATABASE {name} SET citus.shard_count = 4");
        var admin = new NpgsqlConnectionStringBuilder(_admin) { Database = name };
        Execute(
            admin.ConnectionString,
            $"SELECT citus_set_coordinator_host('{admin.Host}', {admin.Port}); " + string.Concat(_workers.Select(w => $"SELECT citus_add_node('{admin.Host}', {w}); ")));
        using var source = NpgsqlDataSource.Create(admin);
        new Migrator(source).MigrateAsync().AsTask().GetAwaiter().GetResult();
        new Distributor(source).DistributeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void WaitUntilReady()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Execute(_admin, "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (clock.Elapsed < TimeSpan.FromSeconds(60) && _keeper?.HasExited != true)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static (Process Keeper, string Directory) Start(bool fsync, string[] settings)
    {
        var binaries = FindBinaries();
        var directory = System.IO.Directory.CreateTempSubdirectory("loyalty-pg-").FullName;
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false };
        if (string.Equals(Environment.UserName, "root", StringComparison.Ordinal))
        {
            // The server refuses to run as root.
            var user = File.ReadLines("/etc/passwd").Any(static l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
            Run("chown", user, directory);
            start.FileName = "setpriv";
            foreach (var argument in (string[])["--reuid", user, "--regid", "nogroup", "--clear-groups", "/bin/sh"])
            {
                start.ArgumentList.Add(argument);
            }
        }

        foreach (var argument in (string[])["-c", Script, "keeper", directory, binaries])
        {
            start.ArgumentList.Add(argument);
        }

        string[] all = [.. fsync ? [] : (string[])["fsync=off", "full_page_writes=off"], "max_connections=200", .. settings];
        foreach (var setting in all)
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(setting);
        }

        return (Process.Start(start)!, directory);
    }

    private static string FindBinaries()
    {
        if (Environment.GetEnvironmentVariable("LOYALTY_TEST_POSTGRES_BIN") is { Length: > 0 } given)
        {
            return given;
        }

        var debian = System.IO.Directory.Exists("/usr/lib/postgresql")
            ? System.IO.Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(static d => Path.Combine(d, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path).FirstOrDefault(static d => File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "postgres")))
            ?? throw new InvalidOperationException(
                "These tests need a PostgreSQL server: install one (`apt-get install postgresql`), or set LOYALTY_TEST_POSTGRES to a connection "
                + "string of a server where databases may be created.");
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
    }
}

/// <summary>A database for tests, dropped at the end.</summary>
public sealed class TestDatabase : IDisposable
{
    private readonly TestServer _server;
    private readonly Lazy<NpgsqlDataSource> _app;
    private readonly Lazy<NpgsqlDataSource> _owner;

    internal TestDatabase(TestServer server, string name)
    {
        _server = server;
        Name = name;
        _app = new Lazy<NpgsqlDataSource>(() => NpgsqlDataSource.Create(AppConnectionString));
        _owner = new Lazy<NpgsqlDataSource>(() => NpgsqlDataSource.Create(OwnerConnectionString));
    }

    public string Name { get; }

    public string AppConnectionString => new NpgsqlConnectionStringBuilder(_server.Admin)
    {
        Database = Name,
        Username = TestServer.AppRole,
        Password = TestServer.AppRole,
        Pooling = true,
        MaxPoolSize = 40,
        IncludeErrorDetail = false,
        Options = "-c citus.propagate_set_commands=local",
    }.ConnectionString;

    public string OwnerConnectionString =>
        new NpgsqlConnectionStringBuilder(_server.Admin) { Database = Name, Pooling = true, MaxPoolSize = 20 }.ConnectionString;

    /// <summary>As the application connects: a member of loyalty_app, bound by row level security.</summary>
    public NpgsqlDataSource App => _app.Value;

    /// <summary>As the owner of the tables connects.</summary>
    public NpgsqlDataSource Owner => _owner.Value;

    public void Dispose()
    {
        if (_app.IsValueCreated)
        {
            _app.Value.Dispose();
        }

        if (_owner.IsValueCreated)
        {
            _owner.Value.Dispose();
        }

        _server.Drop(Name);
    }
}
