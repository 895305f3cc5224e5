using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Loyalty.Queue;

namespace Loyalty.Connectors.Http;

/// <summary>What came back for a request.</summary>
internal sealed class ProviderReply(int status, HttpResponseHeaders headers, byte[] body, bool isWhole, TimeProvider clock)
{
    public int Status => status;

    public bool IsSuccess => status is >= 200 and < 300;

    /// <summary>Whether there is a body that cannot be read: cut short, or no JSON.</summary>
    public bool IsBroken => !isWhole || (body.Length > 0 && Json is null);

    /// <summary>The body as JSON, or <see langword="null"/> when it was cut short or is none.</summary>
    public JsonElement? Json
    {
        get
        {
            if (!isWhole || body.Length == 0)
            {
                return null;
            }

            try
            {
                using var document = JsonDocument.Parse(body);
                return document.RootElement.Clone();
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    public string? Header(string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>The body as JSON of a successful answer.</summary>
    /// <exception cref="ConnectorException">The answer cannot be read, so nobody knows what it said.</exception>
    public JsonElement Required() => Json ?? throw new ConnectorException(DeliveryAnswer.Unknown());

    /// <summary>What an answer means where one status alone says that the call was taken: another success must be readable, and without errors.</summary>
    /// <param name="taken">That status.</param>
    /// <param name="errors">The provider's words about errors, or empty.</param>
    /// <param name="repeats">Whether calls to the target repeat harmlessly.</param>
    /// <param name="externalId">What the provider calls it, if it says so.</param>
    public DeliveryAnswer AnswerOf(int taken, string errors, bool repeats, string? externalId = null) =>
        !IsSuccess ? Failure(repeats, errors)
        : status == taken ? DeliveryAnswer.Done(externalId ?? string.Empty)
        : IsBroken ? DeliveryAnswer.Unknown()
        : errors.Length > 0 ? DeliveryAnswer.Refused(QueueRules.Cut(string.Create(CultureInfo.InvariantCulture, $"{status} {errors}")))
        : DeliveryAnswer.Done(externalId ?? string.Empty);

    /// <summary>What an answer means that is no success.</summary>
    /// <param name="repeats">Whether calls to the target repeat harmlessly.</param>
    /// <param name="message">The provider's words, if it has a place for them.</param>
    public DeliveryAnswer Failure(bool repeats, string? message)
    {
        var text = QueueRules.Cut(string.Create(CultureInfo.InvariantCulture, $"{status} {(string.IsNullOrWhiteSpace(message) ? Words() : message)}"));
        return DeliveryAnswer.OfStatus(status, repeats) switch
        {
            AnswerClass.TryAgain => DeliveryAnswer.TryAgain(text, NamedWait()),
            AnswerClass.Unknown => DeliveryAnswer.Unknown(),
            AnswerClass.Done => DeliveryAnswer.Done(),
            _ => DeliveryAnswer.Refused(text, stopsTarget: status == 401),
        };
    }

    /// <summary>
    /// How long the answer asks to wait: Retry-After in seconds or as a date, else X-RateLimit-Reset as a Unix time. Instants are compared with the
    /// answer's own Date, so that a clock that is off does no harm.
    /// </summary>
    public TimeSpan? NamedWait()
    {
        var now = headers.Date ?? clock.GetUtcNow();
        if (Header("Retry-After") is { } after)
        {
            if (decimal.TryParse(after, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            {
                return TimeSpan.FromTicks((long)(Math.Min(seconds, MostSeconds) * TimeSpan.TicksPerSecond));
            }

            if (DateTimeOffset.TryParseExact(after, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            {
                return Positive(date - now);
            }
        }

        return Header("X-RateLimit-Reset") is { } reset && long.TryParse(reset, NumberStyles.None, CultureInfo.InvariantCulture, out var unix)
            && unix is >= 1_000_000_000 and < 100_000_000_000
            ? Positive(DateTimeOffset.FromUnixTimeSeconds(unix) - now)
            : null;
    }

    /// <summary>A wait beyond thirty years is that long: nobody is there to see its end.</summary>
    private const decimal MostSeconds = 1e9m;

    private static TimeSpan Positive(TimeSpan wait) => wait > TimeSpan.Zero ? wait : TimeSpan.Zero;

    /// <summary>Where a provider has no known place for its words: the start of a short plain body.</summary>
    private string Words() => isWhole && body.Length is > 0 and <= 2_000 ? Encoding.UTF8.GetString(body) : string.Empty;
}
