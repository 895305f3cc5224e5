using Loyalty.Sqlite;

namespace Loyalty.Tests.Stores.Sqlite;

/// <summary>A folder with SQLite files, which is removed with its stores.</summary>
public sealed class SqliteFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("loyalty-sqlite-").FullName;
    private readonly List<SqliteLoyaltyStore> _stores = [];

    /// <summary>A path that no other store of the folder has.</summary>
    public string NewPath() => Path.Combine(_path, $"{_stores.Count}.db");

    /// <summary>The path of a name.</summary>
    public string PathOf(string name) => Path.Combine(_path, $"{name}.sqlite");

    /// <summary>A store of a file that is not there yet.</summary>
    public SqliteLoyaltyStore NewStore(string tenant = "acme") => Open(NewPath(), tenant);

    /// <summary>A store of a file.</summary>
    public SqliteLoyaltyStore Open(string path, string tenant = "acme")
    {
        var store = new SqliteLoyaltyStore(path, tenant, Loyalty.Money.Currency.Get("USD"));
        _stores.Add(store);
        return store;
    }

    public void Dispose()
    {
        _stores.ForEach(static s => s.Dispose());
        Directory.Delete(_path, recursive: true);
    }
}
