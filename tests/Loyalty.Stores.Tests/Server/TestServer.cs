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
        dir="$1"; bin="$2"; initdb="$3"; shift 3
        trap '' INT TERM HUP
        cd "$dir"
        if ! "$bin/initdb" -D "$dir/data" -A trust -E UTF8 --locale=C -U postgres --no-sync $initdb >"$dir/initdb.log" 2>&1; then
            cat "$dir/initdb.log" >&2; rm -rf "$dir" 2>/dev/null; exit 1
        fi
        start() {
            "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c unix_socket_permissions=0777 "$@" >>"$dir/server.log" 2>&1 &
            pid=$!
        }
        start "$@"
        while read -r line amount; do
            case "$line" in
                crash) kill -QUIT $pid 2>/dev/null; wait $pid; start "$@" ;;
                fill) fallocate -l "$(( $(df -k --output=avail data | tail -n 1) - amount ))K" data/filler; touch filled ;;
                free) rm -f data/filler filled ;;
            esac
        done
        kill -QUIT $pid 2>/dev/null
        wait $pid
        rm -rf "$dir" 2>/dev/null
        """;

    // A disk of its own for the data, which no other process sees and which is gone with the last of the server's.
    private const string Disk =
        """
        dir="$1"; size="$2"; owner="$3"; shift 3
        trap '' INT TERM HUP
        mount -t tmpfs -o "size=$size,uid=$owner,mode=0700" tmpfs "$dir/data" || exit 1
        exec "$@"
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
        : this(fsync, disk: null, settings)
    {
    }

    /// <summary>Starts a server.</summary>
    /// <param name="fsync">Whether it writes through to the disk.</param>
    /// <param name="disk">The disk that its data lie on, which can be filled; null for that of the machine.</param>
    /// <param name="settings">More settings.</param>
    internal TestServer(bool fsync, SmallDisk? disk, params string[] settings)
    {
        _template = new Lazy<string>(CreateTemplate);
        if (!fsync && disk is null && Environment.GetEnvironmentVariable("LOYALTY_TEST_POSTGRES") is { Length: > 0 } given)
        {
            _admin = new NpgsqlConnectionStringBuilder(given) { Pooling = false, IncludeErrorDetail = true }.ConnectionString;
            _workers = (Environment.GetEnvironmentVariable("LOYALTY_TEST_CITUS") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        else
        {
            (_keeper, Directory) = Start(fsync, disk, settings);
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
        DateTime? before = null;
        try
        {
            before = StartedAt();
        }
        catch (NpgsqlException)
        {
            // It has ended by itself.
        }

        Tell("crash");

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

    /// <summary>Fills the server's small disk, but for so many KiB.</summary>
    internal void Fill(int left)
    {
        Tell($"fill {left}");
        var filled = Path.Combine(Directory, "filled");
        if (!SpinWait.SpinUntil(() => File.Exists(filled), 30_000))
        {
            throw new InvalidOperationException("The disk of the server was not filled within 30 s.");
        }
    }

    /// <summary>Frees the small disk.</summary>
    internal void Free()
    {
        Tell("free");
        var filled = Path.Combine(Directory, "filled");
        SpinWait.SpinUntil(() => !File.Exists(filled), 30_000);
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
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    internal static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private void Tell(string command)
    {
        _keeper!.StandardInput.WriteLine(command);
        _keeper.StandardInput.Flush();
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

    private static (Process Keeper, string Directory) Start(bool fsync, SmallDisk? disk, string[] settings)
    {
        var binaries = FindBinaries();
        var directory = System.IO.Directory.CreateTempSubdirectory("loyalty-pg-").FullName;
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "data"));
        var isRoot = string.Equals(Environment.UserName, "root", StringComparison.Ordinal);
        List<string> line = [];
        if (disk is not null)
        {
            line.AddRange(isRoot ? ["unshare", "--mount"] : ["unshare", "--mount", "--user", "--map-current-user", "--keep-caps"]);
            line.AddRange(["/bin/sh", "-c", Disk, "disk", directory, $"{disk.Megabytes}m", Output("id", isRoot ? ["-u", ServerUser()] : ["-u"])]);
        }

        if (isRoot)
        {
            // The server refuses to run as root.
            Output("chown", "-R", ServerUser(), directory);
            line.AddRange(["setpriv", "--reuid", ServerUser(), "--regid", "nogroup", "--clear-groups"]);
        }

        var log = disk is null ? string.Empty : disk.HasLog ? "--wal-segsize=1" : $"-X {directory}/log";
        line.AddRange(["/bin/sh", "-c", Script, "keeper", directory, binaries, log]);
        foreach (var setting in (string[])[.. fsync ? [] : (string[])["fsync=off", "full_page_writes=off"], "max_connections=200", .. settings])
        {
            line.AddRange(["-c", setting]);
        }

        return (Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, UseShellExecute = false })!, directory);
    }

    private static string ServerUser() => File.ReadLines("/etc/passwd").Any(static l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

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

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Trim();
    }
}

/// <summary>A disk in memory for a server's data.</summary>
/// <param name="Megabytes">What it holds.</param>
/// <param name="HasLog">Whether the log of the server (its WAL) lies on it, too: on a full disk the server ends then, and cannot start before there is room.</param>
internal sealed record SmallDisk(int Megabytes, bool HasLog);

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
