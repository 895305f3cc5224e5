using System.Globalization;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Connectors;

/// <summary>A customer as a shop or CRM has it.</summary>
/// <param name="Id">The id there.</param>
/// <param name="Email">The address there, as given.</param>
public sealed record CrmCustomer(string Id, string Email);

/// <summary>A change of a customer's discount.</summary>
/// <param name="Key">The key of the delivery; it travels with the call where the provider takes one.</param>
/// <param name="Contact">Whose discount; the contact has an address.</param>
/// <param name="Operation"><c>add</c> or <c>remove</c>.</param>
/// <param name="Stage">The stage of the club.</param>
/// <param name="DiscountPercent">The discount, as a plain number.</param>
/// <param name="Cause">What caused the change.</param>
/// <param name="Date">The day of the change, <c>YYYY-MM-DD</c>.</param>
public sealed record OutgoingOperation(
    string Key, Contact Contact, string Operation, string Stage, string DiscountPercent, string Cause, string Date);

/// <summary>A message, rendered.</summary>
/// <param name="Key">The key of the delivery.</param>
/// <param name="What">The kind of message.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Contact">The receiver.</param>
/// <param name="To">The address or number.</param>
/// <param name="Subject">The subject; empty where the channel has none.</param>
/// <param name="Text">The plain text; empty when there is HTML only.</param>
/// <param name="Html">The HTML; <see langword="null"/> when there is text only.</param>
/// <param name="Values">The variables of the message, for providers that hold the text themselves.</param>
/// <param name="UnsubscribeUrl">The receiver's link; <see langword="null"/> without one.</param>
public sealed record OutgoingMessage(
    string Key, string What, string Channel, Contact Contact, string To, string Subject, string Text, string? Html,
    IReadOnlyDictionary<string, string> Values, string? UnsubscribeUrl)
{
    /// <summary>What caused the message.</summary>
    public string Cause { get; init; } = string.Empty;

    /// <summary>When it was due; <see langword="null"/> when nobody says. Files are dated by it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Which message it is; no personal data but the key.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Key} ({What} by {Channel}), due {DueAt:O}");
}

/// <summary>A domain event.</summary>
/// <param name="Key">The key of the delivery.</param>
/// <param name="Type">Its type, such as <c>loyalty.tier.changed.v1</c>.</param>
/// <param name="Customer">Whom it is about.</param>
/// <param name="Json">The event: JSON with the attributes of CloudEvents 1.0.</param>
public sealed record OutgoingEvent(string Key, string Type, string Customer, string Json);

/// <summary>A shop or CRM that knows who has which discount. Users may supply their own.</summary>
/// <remarks>
/// Methods throw <see cref="ConnectorException"/> when the provider does not answer as wanted. Adding twice and removing what is not there is
/// success. Implementations are thread-safe.
/// </remarks>
public interface ICrmConnector
{
    /// <summary>The customer of an address: one whose normalised address is equal, else <see langword="null"/>.</summary>
    Task<CrmCustomer?> FindCustomerByEmailAsync(string email, CallScope scope);

    /// <summary>Makes sure that there is a customer of the contact's address, quietly, with the contact's names if it is new.</summary>
    Task<CrmCustomer> UpsertCustomerAsync(Contact contact, CallScope scope);

    /// <summary>Gives a customer the discount of a stage; makes the customer first when there is none.</summary>
    Task AddToDiscountAsync(OutgoingOperation operation, CallScope scope);

    /// <summary>Takes the discount of a stage away; done when there is no such customer.</summary>
    Task RemoveFromDiscountAsync(OutgoingOperation operation, CallScope scope);

    /// <summary>Whether a stage has a discount here.</summary>
    bool MapsStage(string stage);
}

/// <summary>Takes discount operations as they are, for systems that do with them what they will. Users may supply their own; thread-safe.</summary>
public interface IOperationSink
{
    /// <summary>Takes an operation.</summary>
    Task<DeliveryAnswer> SendAsync(OutgoingOperation operation, CallScope scope);
}

/// <summary>Sends messages. Users may supply their own. Implementations are thread-safe.</summary>
public interface IMessageSender
{
    /// <summary>Sends a message.</summary>
    Task<DeliveryAnswer> SendAsync(OutgoingMessage message, CallScope scope);

    /// <summary>Looks whether a message whose answer was lost was sent; <see langword="null"/> when it is not found or cannot be asked.</summary>
    /// <param name="message">The message.</param>
    /// <param name="begunAt">When the lost attempt began, by the real clock.</param>
    /// <param name="scope">The scope of the call.</param>
    Task<DeliveryAnswer?> LookUpAsync(OutgoingMessage message, DateTimeOffset begunAt, CallScope scope) => Task.FromResult<DeliveryAnswer?>(null);
}

/// <summary>Takes domain events. Users may supply their own. Implementations are thread-safe.</summary>
public interface IEventSink
{
    /// <summary>Takes an event.</summary>
    Task<DeliveryAnswer> SendAsync(OutgoingEvent happening, CallScope scope);
}

/// <summary>Thrown when a provider does not answer as wanted; carries what the answer means.</summary>
public sealed class ConnectorException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="answer">What the answer means.</param>
    /// <param name="innerException">What was met, if anything.</param>
    public ConnectorException(DeliveryAnswer answer, Exception? innerException = null)
        : base(answer?.Class.ToString(), innerException)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Answer = answer;
    }

    /// <summary>What the answer means. Its text may hold words of the provider and belongs into no log.</summary>
    public DeliveryAnswer Answer { get; }
}

/// <summary>What surrounds the requests of one attempt: limits, the lease, and giving up.</summary>
/// <remarks>Each request enters before it leaves the process, and leaves when its answer is there.</remarks>
public sealed class CallScope
{
    private readonly Func<CancellationToken, ValueTask>? _enter;
    private readonly Action? _leave;

    /// <summary>Creates a scope.</summary>
    /// <param name="enter">Called before each request; throws to keep it from leaving.</param>
    /// <param name="leave">Called when the answer of a request is there, or lost.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public CallScope(Func<CancellationToken, ValueTask>? enter = null, Action? leave = null, CancellationToken cancellationToken = default)
    {
        _enter = enter;
        _leave = leave;
        CancellationToken = cancellationToken;
    }

    /// <summary>Gives up.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>To be called before each request.</summary>
    public ValueTask EnterAsync() => _enter is null ? ValueTask.CompletedTask : _enter(CancellationToken);

    /// <summary>To be called when the answer of a request is there, or lost.</summary>
    public void Leave() => _leave?.Invoke();
}
