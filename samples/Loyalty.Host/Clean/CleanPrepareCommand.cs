using System.Text;
using System.Text.Json;
using Loyalty.Clean;
using Loyalty.Host.Db;
using Loyalty.Host.Output;
using Loyalty.Ingest;
using Loyalty.Ingest.Payments;
using Loyalty.Postgres.Clean;
using Loyalty.Programs;

namespace Loyalty.Host.Clean;

/// <summary>What <c>loyalty clean prepare</c> was told.</summary>
internal sealed record CleanPrepareOptions
{
    public required string[] Payments { get; init; }

    public required string[] Contacts { get; init; }

    public required Uri? Xendit { get; init; }

    public required Uri? Systemeio { get; init; }

    public required string Catalog { get; init; }

    public required string Connection { get; init; }

    public required DateOnly? AsOf { get; init; }

    public required string Out { get; init; }

    public required bool Strict { get; init; }

    public required bool SafeCsv { get; init; }

    public required bool Json { get; init; }
}

/// <summary><c>loyalty clean prepare</c>.</summary>
internal static class CleanPrepareCommand
{
    private const int LongestCatalog = 16 << 20;

    public static async Task<int> RunAsync(CleanPrepareOptions options, HostConsole console, CancellationToken cancellation)
    {
        var catalog = ReadCatalog(options.Catalog);
        foreach (var path in (string[])[.. options.Payments, .. options.Contacts])
        {
            ProgramFile.RequireInput(path);
        }

        var asOf = options.AsOf ?? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), catalog.TimeZone).DateTime);
        using var output = new OutputFolder(options.Out, [.. options.Payments, .. options.Contacts, options.Catalog]);
        await using var source = DatabaseCommand.Open(options.Connection);
        var store = new CleanStore(source, catalog.Tenant);
        var rejects = new CleanRejects();

        // Files are read before anything is written: one that cannot be used changes nothing.
        var (payments, paymentRows) = ReadFiles(options.Payments, (p, ct) => RawFile.ReadPayments(p, rejects.Add, ct), cancellation);
        var (contacts, contactRows) = ReadFiles(options.Contacts, (p, ct) => RawFile.ReadContacts(p, rejects.Add, ct), cancellation);
        await store.MigrateAsync(cancellation);
        var raw = await store.Raw.TakeAsync([.. payments, .. contacts], cancellation);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        if (options.Xendit is { } xendit)
        {
            var key = Environment.GetEnvironmentVariable("LOYALTY_XENDIT_KEY") ?? string.Empty;
            raw += await ReadPagesAsync(store.Raw, PageSource.Xendit(client, xendit, PageList.Transactions, key), RawKind.Transaction, console, cancellation);
            raw += await ReadPagesAsync(store.Raw, PageSource.Xendit(client, xendit, PageList.Invoices, key), RawKind.Invoice, console, cancellation);
        }

        if (options.Systemeio is { } systemeio)
        {
            var key = Environment.GetEnvironmentVariable("LOYALTY_SYSTEMEIO_KEY") ?? string.Empty;
            raw += await ReadPagesAsync(store.Raw, PageSource.Systemeio(client, systemeio, key), RawKind.Contact, console, cancellation);
        }

        var note = new CleanPreparationNote(
            catalog.Tenant,
            catalog.Json,
            asOf,
            options.Xendit is not null ? [RawKind.Transaction, RawKind.Invoice] : Kinds(options.Payments, [RawKind.InvoiceRow], [RawKind.Transaction, RawKind.Invoice]),
            options.Systemeio is not null ? [RawKind.Contact] : Kinds(options.Contacts, [RawKind.ContactRow], [RawKind.Contact]));
        var (result, records) = await CleanCommand.PrepareAsync(store, note, catalog, rejects, cancellation);
        var rejected = CleanOutput.Write(output, result, catalog, rejects, options.SafeCsv);
        var (staged, changed) = await store.StageAsync(result, catalog, note, cancellation);
        var summary = CleanOutput.Summary(
            result,
            catalog,
            staged.Id,
            paymentsRead: note.PaymentKinds.Contains(RawKind.InvoiceRow) ? paymentRows : records.Payments,
            contactsRead: note.ContactKinds.Contains(RawKind.ContactRow) ? contactRows : records.Contacts,
            rejected,
            raw,
            changed);
        await output.CommitAsync(summary);
        console.WriteLine(options.Json ? summary.TrimEnd() : CleanOutput.Table(result, staged.Id, raw, changed, rejected));
        if (rejected > 0)
        {
            console.Note($"{rejected} records rejected; rejects.csv lists each with its place and reason.");
        }

        return options.Strict && rejected > 0 ? ExitCode.Rejected : ExitCode.Done;
    }

    /// <summary>Reads a catalogue.</summary>
    public static CleanCatalog ReadCatalog(string path)
    {
        if (Directory.Exists(path) || !File.Exists(path))
        {
            throw new CommandException($"there is no catalogue file '{path}'; expected a catalogue (JSON), check the path.");
        }

        if (new FileInfo(path).Length > LongestCatalog)
        {
            throw new CommandException($"the catalogue file '{path}' has more than {LongestCatalog} bytes; is it the right file?");
        }

        try
        {
            return CleanCatalog.Parse(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'));
        }
        catch (ProgramException e)
        {
            throw new ProgramFileException(path, e.Faults);
        }
        catch (DecoderFallbackException e)
        {
            throw new CommandException($"the catalogue file '{path}' is not UTF-8; save it as UTF-8.", e);
        }
    }

    private static RawKind[] Kinds(string[] files, RawKind[] rows, RawKind[] pages) =>
        [.. files.SelectMany(f => f.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? pages : rows).Distinct()];

    private static (List<RawItem> Items, long Rows) ReadFiles(string[] files, Func<string, CancellationToken, (IReadOnlyList<RawItem> Items, long RowsRead)> read, CancellationToken cancellation)
    {
        var items = new List<RawItem>();
        long rows = 0;
        foreach (var file in files)
        {
            var (found, count) = read(file, cancellation);
            items.AddRange(found);
            rows += count;
        }

        return (items, rows);
    }

    /// <summary>Reads a list page by page; each page is kept at once, so that an interrupted reading goes on where it stopped.</summary>
    private static async Task<RawChanges> ReadPagesAsync(RawStore store, PageSource source, RawKind kind, HostConsole console, CancellationToken cancellation)
    {
        var list = RawStore.ListOf(kind);
        var changes = new RawChanges(0, 0, 0);
        long read = 0;
        await foreach (var page in source.ReadAsync(await store.FindProgressAsync(list, cancellation), cancellation))
        {
            changes += await store.TakePageAsync(list, page.Items, page.Next, cancellation);
            read += page.Items.Count;
            console.Progress(FormattableString.Invariant($"reading {list}s: {read}"), 0, 0);
        }

        return changes;
    }
}

/// <summary>Records that were not taken, collected so that they can be written in order of place.</summary>
internal sealed class CleanRejects
{
    private readonly List<(string File, long Line, string Column, string Reason, byte[] Value, byte[] Raw)> _rejects = [];

    public int Count => _rejects.Count;

    public void Add(in Reject reject) => _rejects.Add((reject.File, reject.Line, reject.Column, reject.Reason, reject.Value.ToArray(), reject.Raw.ToArray()));

    public void Add(RawReject reject)
    {
        var from = reject.Item.From;
        var colon = from.LastIndexOf(':');
        var isLine = long.TryParse(colon < 0 ? string.Empty : from.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var line)
            && !from.Contains("://", StringComparison.Ordinal);
        _rejects.Add((isLine ? from[..colon] : from, isLine ? line : 0, reject.Field, reject.Reason, Encoding.UTF8.GetBytes(reject.Value), Encoding.UTF8.GetBytes(reject.Item.Json)));
    }

    public void WriteTo(OutputFolder output, string folder, bool safe)
    {
        using var log = new RejectLog(folder, safe);
        foreach (var (file, line, column, reason, value, raw) in _rejects.OrderBy(static r => r.File, StringComparer.Ordinal).ThenBy(static r => r.Line))
        {
            log.Add(new Reject { File = file, Line = line, Column = column, Reason = reason, Value = value, Raw = raw });
        }

        log.WriteTo(output.Create("rejects.csv"));
    }
}
