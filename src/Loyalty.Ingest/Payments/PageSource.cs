using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Loyalty.Clean;

namespace Loyalty.Ingest.Payments;

/// <summary>A list of an API that is read page by page.</summary>
public enum PageList
{
    /// <summary>Xendit: <c>/transactions</c>, with <c>after_id</c> until <c>has_more</c> is false.</summary>
    Transactions,

    /// <summary>Xendit: <c>/v2/invoices</c>, a bare list, with <c>last_invoice</c> until a page is empty.</summary>
    Invoices,

    /// <summary>systeme.io: <c>/api/contacts</c>, with <c>startingAfter</c> until <c>hasMore</c> is false.</summary>
    Contacts,
}

/// <summary>A page: its items, and where to go on.</summary>
/// <param name="Items">The items as they came.</param>
/// <param name="Next">The id after which the next page begins; <see langword="null"/> on the last page.</param>
public sealed record RawPage(IReadOnlyList<RawItem> Items, string? Next);

/// <summary>How patient a source is; immutable.</summary>
public sealed record PageSourceOptions
{
    /// <summary>The defaults.</summary>
    public static PageSourceOptions Default { get; } = new();

    /// <summary>Items asked for in a page; default 100, which is the most that systeme.io gives.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>How many times a page is asked for in all, when the service fails or answers with something broken; default 6. Waiting because of a rate limit is not counted.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The pause before the second attempt, doubled for each further one up to 30 s, by chance from half of it to one and a half; default 250 ms.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest that one answer may take; default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait that the service may ask for in all, page by page; default 10 minutes.</summary>
    public TimeSpan LongestRateWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The largest page that is read, in bytes; default 32 MB.</summary>
    public int MaxPageBytes { get; init; } = 32 << 20;
}

/// <summary>Thrown when a service cannot be read: it refused, or it kept failing.</summary>
/// <remarks>Pages that were read before are the caller's to keep; reading goes on after the last of them.</remarks>
public sealed class PageSourceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was met, where, what to do.</param>
    /// <param name="isFinal">Whether trying again cannot help without a change.</param>
    /// <param name="innerException">What was met, if anything.</param>
    public PageSourceException(string message, bool isFinal, Exception? innerException = null)
        : base(message, innerException) => IsFinal = isFinal;

    /// <summary>Whether trying again cannot help without a change, such as a right key.</summary>
    public bool IsFinal { get; }
}

/// <summary>Reads a list of Xendit or systeme.io page by page, through failures, rate limits and broken answers.</summary>
/// <remarks>
/// A page is taken whole or not at all. 429 waits as long as the service says; 5xx, time-outs, cut and broken answers are tried again with growing pauses; other answers are final.
/// A service that gives a page again and again instead of going on is told from one that goes on. Not thread-safe.
/// </remarks>
public sealed class PageSource
{
    private readonly HttpClient _client;
    private readonly Uri _base;
    private readonly PageList _list;
    private readonly AuthenticationHeaderValue? _authorization;
    private readonly string? _apiKey;
    private readonly PageSourceOptions _options;
    private readonly TimeProvider _time;

    private PageSource(HttpClient client, Uri address, PageList list, AuthenticationHeaderValue? authorization, string? apiKey, PageSourceOptions? options, TimeProvider? time)
    {
        (_client, _list, _authorization, _apiKey, _options, _time) = (client, list, authorization, apiKey, options ?? PageSourceOptions.Default, time ?? TimeProvider.System);
        var text = address.AbsoluteUri;
        _base = new Uri(text.EndsWith('/') ? text : text + "/", UriKind.Absolute);
    }

    /// <summary>A list of Xendit.</summary>
    /// <param name="client">Sends; stays the caller's. Its own timeout must not be shorter than that of the options.</param>
    /// <param name="address">The address of the interface, without the list's path.</param>
    /// <param name="list">Transactions or invoices.</param>
    /// <param name="key">The secret key, sent as the user of Basic authentication; empty: none is sent.</param>
    /// <param name="options">Patience.</param>
    /// <param name="time">The clock that waits.</param>
    public static PageSource Xendit(HttpClient client, Uri address, PageList list, string key, PageSourceOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(key);
        if (list is not (PageList.Transactions or PageList.Invoices))
        {
            throw new ArgumentOutOfRangeException(nameof(list), list, "Xendit has transactions and invoices.");
        }

        var authorization = key.Length == 0 ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        return new PageSource(client, address, list, authorization, null, options, time);
    }

    /// <summary>The contacts of systeme.io.</summary>
    /// <param name="client">Sends; stays the caller's.</param>
    /// <param name="address">The address of the interface, without the list's path.</param>
    /// <param name="key">The key, sent as <c>X-API-Key</c>; empty: none is sent.</param>
    /// <param name="options">Patience.</param>
    /// <param name="time">The clock that waits.</param>
    public static PageSource Systemeio(HttpClient client, Uri address, string key, PageSourceOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(key);
        return new PageSource(client, address, PageList.Contacts, null, key.Length == 0 ? null : key, options, time);
    }

    /// <summary>Reads pages from the beginning, or after an item.</summary>
    /// <param name="after">The id of the last item that was read before; <see langword="null"/>: from the beginning.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="PageSourceException">The service refused, or kept failing.</exception>
    public async IAsyncEnumerable<RawPage> ReadAsync(string? after = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        if (after is not null)
        {
            cursors.Add(after);
        }

        while (true)
        {
            var page = await ReadPageAsync(after, page => !IsRepeated(page, seen, cursors), cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                seen.Add(item.Id);
            }

            yield return page;
            if (page.Next is null)
            {
                yield break;
            }

            cursors.Add(page.Next);
            after = page.Next;
        }
    }

    /// <summary>Whether a page leads back to where reading has been: it would never end.</summary>
    private static bool IsRepeated(RawPage page, HashSet<string> seen, HashSet<string> cursors) =>
        page.Next is not null && (cursors.Contains(page.Next) || (page.Items.Count > 0 && page.Items.All(i => seen.Contains(i.Id))));

    private async ValueTask<RawPage> ReadPageAsync(string? after, Func<RawPage, bool> isNew, CancellationToken cancellationToken)
    {
        var address = Address(after);
        var waited = TimeSpan.Zero;
        for (var attempt = 1; ;)
        {
            string fault;
            Exception? inner = null;
            try
            {
                var (status, retryAfter, body) = await SendAsync(address, cancellationToken).ConfigureAwait(false);
                if (status == HttpStatusCode.TooManyRequests)
                {
                    var wait = retryAfter ?? Pause(attempt);
                    waited += wait;
                    if (waited > _options.LongestRateWait)
                    {
                        throw new PageSourceException(
                            string.Create(CultureInfo.InvariantCulture, $"{Shown(address)} asks to wait for {waited.TotalSeconds:0} s, longer than {_options.LongestRateWait.TotalSeconds:0} s; try again later, reading goes on where it stopped."), isFinal: false);
                    }

                    await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                {
                    var (variable, name) = _list == PageList.Contacts ? ("LOYALTY_SYSTEMEIO_KEY", "X-API-Key") : ("LOYALTY_XENDIT_KEY", "Basic");
                    throw new PageSourceException(
                        string.Create(CultureInfo.InvariantCulture, $"{Shown(address)} answered {(int)status}: the key ({name}, environment {variable}) is missing, wrong or not allowed to read this list; nothing more was read."), isFinal: true);
                }

                if ((int)status is >= 400 and < 500 and not 408)
                {
                    throw new PageSourceException(
                        string.Create(CultureInfo.InvariantCulture, $"{Shown(address)} answered {(int)status}: {Excerpt(body)}; nothing more was read. Is the address right?"), isFinal: true);
                }

                if ((int)status is >= 200 and < 300)
                {
                    var page = Parse(body, address);
                    if (isNew(page))
                    {
                        return page;
                    }

                    fault = "gives a page that it gave before instead of the next one";
                }
                else
                {
                    fault = string.Create(CultureInfo.InvariantCulture, $"answered {(int)status}");
                }
            }
            catch (SourceException e)
            {
                (fault, inner) = ($"gave a broken answer ({e.Message})", e);
            }
            catch (JsonException e)
            {
                (fault, inner) = ("gave an answer that is no JSON; it may have been cut", e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                (fault, inner) = (e is OperationCanceledException or TimeoutException ? string.Create(CultureInfo.InvariantCulture, $"did not answer within {_options.Timeout.TotalSeconds:0.#} s") : $"could not be read ({e.Message})", e);
            }

            if (attempt >= _options.Attempts)
            {
                throw new PageSourceException(
                    string.Create(CultureInfo.InvariantCulture, $"{Shown(address)} {fault}, {attempt} times; what was read before is kept. Try again later, reading goes on where it stopped."), isFinal: false, inner);
            }

            await Task.Delay(Pause(attempt++), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<(HttpStatusCode Status, TimeSpan? RetryAfter, byte[] Body)> SendAsync(Uri address, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = _authorization;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (_apiKey is not null)
        {
            request.Headers.TryAddWithoutValidation("X-API-Key", _apiKey);
        }

        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[1 << 16];
            int read;
            while ((read = await stream.ReadAsync(buffer, timeout.Token).ConfigureAwait(false)) > 0)
            {
                body.Write(buffer, 0, read);
                if (body.Length > _options.MaxPageBytes)
                {
                    throw new PageSourceException(
                        string.Create(CultureInfo.InvariantCulture, $"{Shown(address)} gave more than {_options.MaxPageBytes} bytes in one page; nothing more was read."), isFinal: true);
                }
            }

            return (response.StatusCode, RetryAfter(response), body.ToArray());
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta < TimeSpan.Zero ? TimeSpan.Zero : delta,
        { Date: { } date } => date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private RawPage Parse(byte[] body, Uri address)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var from = Shown(address);
        switch (_list)
        {
            case PageList.Invoices:
                if (root.ValueKind != JsonValueKind.Array)
                {
                    throw new SourceException(SourceFault.Json, $"{from}: expected a list of invoices");
                }

                var invoices = RawPages.PaymentsOf(root, from);
                return new RawPage(invoices, invoices.Count == 0 ? null : invoices[^1].Id);
            case PageList.Transactions:
                return Page(RawPages.PaymentsOf(root, from), Flag(root, "has_more", from), from);
            default:
                return Page(RawPages.ContactsOf(root, from), Flag(root, "hasMore", from), from);
        }

        static RawPage Page(List<RawItem> items, bool more, string from) =>
            more && items.Count == 0 ? throw new SourceException(SourceFault.Json, $"{from}: an empty page says that more follows") : new RawPage(items, more ? items[^1].Id : null);

        static bool Flag(JsonElement root, string name, string from) =>
            root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var flag) && flag.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? flag.GetBoolean()
                : throw new SourceException(SourceFault.Json, $"{from}: the page does not say whether more follows ('{name}')");
    }

    private Uri Address(string? after)
    {
        var (path, limit, cursor) = _list switch
        {
            PageList.Transactions => ("transactions", "limit", "after_id"),
            PageList.Invoices => ("v2/invoices", "limit", "last_invoice"),
            _ => ("api/contacts", "limit", "startingAfter"),
        };
        var size = _list == PageList.Contacts ? Math.Clamp(_options.PageSize, 10, 100) : _options.PageSize;
        var query = string.Create(CultureInfo.InvariantCulture, $"?{limit}={size}");
        return new Uri(_base, $"{path}{query}{(after is null ? string.Empty : $"&{cursor}={Uri.EscapeDataString(after)}")}");
    }

    private TimeSpan Pause(int attempt)
    {
        var pause = Math.Min(_options.Pause.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 20)), 30_000);
        return TimeSpan.FromMilliseconds(pause * (0.5 + Random.Shared.NextDouble()));
    }

    private static string Shown(Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.PathAndQuery, UriFormat.UriEscaped);

    private static string Excerpt(byte[] body)
    {
        var text = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 200)));
        return string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c)).Trim();
    }
}
