namespace Loyalty.Queue;

/// <summary>The five classes of answers.</summary>
public enum AnswerClass
{
    /// <summary>The effect is there.</summary>
    Done,

    /// <summary>Not now: a limit, a fault of the server, no connection.</summary>
    TryAgain,

    /// <summary>Not ever, unless a person changes something.</summary>
    Refused,

    /// <summary>The request was sent, the answer was lost.</summary>
    Unknown,

    /// <summary>The receiver does not want it: it must not be sent, now or later.</summary>
    OptedOut,
}

/// <summary>What a provider answered.</summary>
/// <param name="Class">Which of the five classes.</param>
/// <param name="Text">The status and the provider's words, for the delivery's error; empty when done.</param>
/// <param name="ExternalId">What the provider calls it; empty when it does not say.</param>
/// <param name="Wait">How long the provider asks to wait; <see langword="null"/> when it names no time.</param>
/// <param name="StopsTarget">Whether the target takes nothing at all: its credentials are wrong.</param>
public sealed record DeliveryAnswer(AnswerClass Class, string Text = "", string ExternalId = "", TimeSpan? Wait = null, bool StopsTarget = false)
{
    /// <summary>The error of a delivery whose answer was lost.</summary>
    public const string AnswerLost = "answer lost";

    /// <summary>The effect is there.</summary>
    public static DeliveryAnswer Done(string externalId = "") => new(AnswerClass.Done, ExternalId: externalId);

    /// <summary>Not now.</summary>
    public static DeliveryAnswer TryAgain(string text, TimeSpan? wait = null) => new(AnswerClass.TryAgain, text, Wait: wait);

    /// <summary>Not ever.</summary>
    public static DeliveryAnswer Refused(string text, bool stopsTarget = false) => new(AnswerClass.Refused, text, StopsTarget: stopsTarget);

    /// <summary>The request was sent, the answer was lost.</summary>
    public static DeliveryAnswer Unknown(string text = AnswerLost) => new(AnswerClass.Unknown, text);

    /// <summary>The receiver does not want it.</summary>
    public static DeliveryAnswer OptedOut(string text) => new(AnswerClass.OptedOut, text);

    /// <summary>The class of an HTTP status when nothing more is known of the provider.</summary>
    /// <param name="status">The status.</param>
    /// <param name="repeats">Whether calls to the target repeat harmlessly: of others 502 and 504 leave open whether the call arrived.</param>
    public static AnswerClass OfStatus(int status, bool repeats) => status switch
    {
        >= 200 and < 300 => AnswerClass.Done,
        502 or 504 when !repeats => AnswerClass.Unknown,
        408 or 425 or 429 or >= 500 => AnswerClass.TryAgain,
        _ => AnswerClass.Refused,
    };
}
