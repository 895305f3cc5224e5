using Loyalty.Connectors.Configuration;
using Loyalty.Connectors.Providers;
using Loyalty.Identity;
using Loyalty.Messages;
using Loyalty.Queue;

namespace Loyalty.Connectors.Delivering;

/// <summary>A target at work: its connector, its limits, and what leads to it.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class DeliveryTarget : IDisposable
{
    private readonly object _connector;

    /// <summary>Creates a target with a connector of one's own.</summary>
    /// <param name="options">Name, limits, and whether calls repeat harmlessly.</param>
    /// <param name="routes">The routes that lead to it: <c>operations</c>, channels, <c>event:NAME</c>.</param>
    /// <param name="connector">
    /// An <see cref="ICrmConnector"/>, <see cref="IOperationSink"/>, <see cref="IMessageSender"/> or <see cref="IEventSink"/>, or several in one;
    /// disposed with the target if it can be.
    /// </param>
    /// <param name="clock">The real clock.</param>
    public DeliveryTarget(TargetOptions options, IReadOnlyList<string> routes, object connector, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(connector);
        ArgumentNullException.ThrowIfNull(clock);
        (Options, Routes, _connector) = (options, routes, connector);
        Gate = new TargetGate(options.PerMinute, options.AtOnce, clock);
    }

    /// <summary>Name and limits.</summary>
    public TargetOptions Options { get; }

    /// <summary>The routes that lead to it.</summary>
    public IReadOnlyList<string> Routes { get; }

    /// <summary>Whether it takes nothing more in this run: its credentials were refused.</summary>
    public bool IsStopped { get; internal set; }

    /// <summary>Whether a call whose answer was lost is made again.</summary>
    public bool Repeats => Options.Repeats || Options.RepeatsLostAnswers;

    internal TargetGate Gate { get; }

    /// <summary>The targets of a connectors file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="clock">The real clock.</param>
    public static IReadOnlyList<DeliveryTarget> Create(ConnectorsFile file, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. file.Targets.Values.Select(t => new DeliveryTarget(t, file.RoutesTo(t.Name), Connect(t, clock), clock))];
    }

    /// <summary>The connector of a target's kind.</summary>
    /// <param name="target">The target.</param>
    /// <param name="clock">The real clock.</param>
    public static object Connect(TargetOptions target, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Kind switch
        {
            TargetKind.Commerce7 => new Commerce7Connector(target, clock),
            TargetKind.Shopify => new ShopifyConnector(target, clock),
            TargetKind.Mailchimp => new MailchimpConnector(target, clock),
            TargetKind.Mandrill => new MandrillSender(target, clock),
            TargetKind.Klaviyo => new KlaviyoSender(target, clock),
            TargetKind.SendGrid => new SendGridSender(target, clock),
            TargetKind.Twilio => new TwilioSender(target, clock),
            TargetKind.Smtp => new SmtpSender(target, clock),
            TargetKind.Webhook => new WebhookSender(target, clock),
            _ => new FileSender(target, clock),
        };
    }

    /// <summary>The address of a receiver on a channel; <see langword="null"/> when there is none.</summary>
    public string? AddressOf(Contact contact, string channel)
    {
        ArgumentNullException.ThrowIfNull(contact);
        var isPhone = Options.Kind == TargetKind.Twilio || (channel is "sms" && Options.Kind is not (TargetKind.Mandrill or TargetKind.SendGrid or TargetKind.Smtp));
        if (isPhone)
        {
            return Phone(contact.Phone);
        }

        return contact.Address ?? (channel is "email" || Options.Kind is TargetKind.Mandrill or TargetKind.SendGrid or TargetKind.Smtp
            ? null
            : Phone(contact.Phone) ?? contact.Customer);
    }

    /// <summary>Why an operation cannot go to this target at all; <see langword="null"/> when it can.</summary>
    internal string? Hindrance(OutgoingOperation operation) =>
        operation.Contact.Address is null ? QueueRules.NoAddress
        : _connector is ICrmConnector crm && !crm.MapsStage(operation.Stage) ? QueueRules.NoStage
        : null;

    internal async Task<DeliveryAnswer> SendAsync(object outgoing, CallScope scope)
    {
        try
        {
            switch (outgoing, _connector)
            {
                case (OutgoingOperation operation, ICrmConnector crm):
                    await (operation.Operation is "add" ? crm.AddToDiscountAsync(operation, scope) : crm.RemoveFromDiscountAsync(operation, scope)).ConfigureAwait(false);
                    return DeliveryAnswer.Done();
                case (OutgoingOperation operation, IOperationSink sink):
                    return await sink.SendAsync(operation, scope).ConfigureAwait(false);
                case (OutgoingMessage message, IMessageSender sender):
                    return await sender.SendAsync(message, scope).ConfigureAwait(false);
                case (OutgoingEvent happening, IEventSink sink):
                    return await sink.SendAsync(happening, scope).ConfigureAwait(false);
                default:
                    return DeliveryAnswer.Refused($"the target takes no {outgoing.GetType().Name}");
            }
        }
        catch (ConnectorException e)
        {
            return e.Answer;
        }
    }

    internal async Task<DeliveryAnswer?> LookUpAsync(object outgoing, DateTimeOffset begunAt, CallScope scope)
    {
        try
        {
            return outgoing is OutgoingMessage message && _connector is IMessageSender sender
                ? await sender.LookUpAsync(message, begunAt, scope).ConfigureAwait(false)
                : null;
        }
        catch (ConnectorException)
        {
            // A look-up that fails says nothing.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => (_connector as IDisposable)?.Dispose();

    private static string? Phone(string phone)
    {
        var text = phone.Trim();
        if (text.Length == 0)
        {
            return null;
        }

        PhoneNumber.Read(text.AsSpan(), default, out var number);
        return number.HasValue && number.IsPossible ? number.WithoutExtension().ToString() : text;
    }
}
