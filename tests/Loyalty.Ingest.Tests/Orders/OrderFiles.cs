using System.Text;
using Loyalty.Ingest;
using Loyalty.Ingest.Orders;
using Loyalty.Orders;

namespace Loyalty.Tests.Ingest.Orders;

/// <summary>Files in a folder of their own, read as orders; rejects are kept as text.</summary>
internal sealed class OrderFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loyalty-orders-").FullName;

    public OrderFiles(OrderImportOptions? options = null) =>
        Import = new OrderImport(options ?? new OrderImportOptions(), (in Reject r) => Rejects.Add(
            $"{r.File}:{r.Line} {r.Column}: {r.Reason} [{Encoding.UTF8.GetString(r.Value)}]"));

    public OrderImport Import { get; }

    public List<string> Rejects { get; } = [];

    /// <summary>The shared data beside the repository.</summary>
    public static string Shared { get; } = FindShared();

    public IReadOnlyDictionary<string, Order> Orders => Import.Complete().ToDictionary(static o => o.Key.Id, StringComparer.Ordinal);

    public OrderFileReport Read(string name, string text, OrderPlatform? platform = null) =>
        Read(name, Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n")), platform);

    public OrderFileReport Read(string name, byte[] content, OrderPlatform? platform = null)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return Import.Read(path, platform);
    }

    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public OrderBook Book(DateOnly asOf)
    {
        var book = new OrderBook(asOf);
        foreach (var order in Import.Complete())
        {
            book.Put(order);
        }

        return book;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string FindShared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Loyalty.Libs.sln")))
            {
                return Path.Combine(folder.FullName, "..", "shared", "data");
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Loyalty.Libs.sln.");
    }
}
